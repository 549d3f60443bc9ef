//! Branch or tag that a CI service builds.
//!
//! Only variables that the service itself sets count, never git: a checkout does not know why it
//! was made. A build of a proposal (a pull or merge request) is of neither, because whoever
//! proposes names the branch: a fork could call its own `release/x`, or aim at one of that name.

use crate::environment::Environment;

/// What is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built<'a> {
    /// A branch.
    Branch(&'a [u8]),
    /// A tag.
    Tag(&'a [u8]),
}

/// One service, by its own documents.
#[derive(Debug)]
pub struct Service {
    /// What people call it.
    pub name: &'static str,
    /// The variable that is set in its builds, with its value where others set it too.
    pub marker: (&'static str, Option<&'static str>),
    /// The variable that is set in builds of proposals, to anything but `false`.
    pub proposal: &'static str,
    /// Where it says what is built.
    pub says: Says,
}

/// Where a service says what is built.
#[derive(Debug)]
pub enum Says {
    /// In one variable each. With a tag, the other one may hold it too.
    Names {
        /// The variable with the branch.
        branch: &'static str,
        /// The variable with the tag.
        tag: &'static str,
    },
    /// In one variable, as `refs/heads/NAME` or `refs/tags/NAME`.
    Ref(&'static str),
}

/// Every service that is known, in the order in which they are looked for.
pub const SERVICES: &[Service] = &[
    // https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    // GITHUB_REF is `refs/pull/N/merge` for pull requests; GITHUB_HEAD_REF is set for
    // `pull_request_target` too, where GITHUB_REF is the branch that is aimed at.
    Service {
        name: "GitHub Actions",
        marker: ("GITHUB_ACTIONS", None),
        proposal: "GITHUB_HEAD_REF",
        says: Says::Ref("GITHUB_REF"),
    },
    // https://docs.gitlab.com/ci/variables/predefined_variables/
    Service {
        name: "GitLab",
        marker: ("GITLAB_CI", None),
        proposal: "CI_MERGE_REQUEST_IID",
        says: Says::Names { branch: "CI_COMMIT_BRANCH", tag: "CI_COMMIT_TAG" },
    },
    // https://circleci.com/docs/reference/variables/
    // CIRCLE_PR_NUMBER is set for pull requests from forks; others are builds of their branch.
    Service {
        name: "CircleCI",
        marker: ("CIRCLECI", None),
        proposal: "CIRCLE_PR_NUMBER",
        says: Says::Names { branch: "CIRCLE_BRANCH", tag: "CIRCLE_TAG" },
    },
    // https://buildkite.com/docs/pipelines/configure/environment-variables
    Service {
        name: "Buildkite",
        marker: ("BUILDKITE", None),
        proposal: "BUILDKITE_PULL_REQUEST",
        says: Says::Names { branch: "BUILDKITE_BRANCH", tag: "BUILDKITE_TAG" },
    },
    // https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables
    Service {
        name: "Azure Pipelines",
        marker: ("TF_BUILD", None),
        proposal: "SYSTEM_PULLREQUEST_PULLREQUESTID",
        says: Says::Ref("BUILD_SOURCEBRANCH"),
    },
    // https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
    Service {
        name: "Bitbucket Pipelines",
        marker: ("BITBUCKET_BUILD_NUMBER", None),
        proposal: "BITBUCKET_PR_ID",
        says: Says::Names { branch: "BITBUCKET_BRANCH", tag: "BITBUCKET_TAG" },
    },
    // https://docs.travis-ci.com/user/environment-variables/
    Service {
        name: "Travis CI",
        marker: ("TRAVIS", None),
        proposal: "TRAVIS_PULL_REQUEST",
        says: Says::Names { branch: "TRAVIS_BRANCH", tag: "TRAVIS_TAG" },
    },
    // https://docs.drone.io/pipeline/environment/reference/
    Service {
        name: "Drone",
        marker: ("DRONE", None),
        proposal: "DRONE_PULL_REQUEST",
        says: Says::Names { branch: "DRONE_BRANCH", tag: "DRONE_TAG" },
    },
    // https://woodpecker-ci.org/docs/usage/environment
    Service {
        name: "Woodpecker",
        marker: ("CI", Some("woodpecker")),
        proposal: "CI_COMMIT_PULL_REQUEST",
        says: Says::Names { branch: "CI_COMMIT_BRANCH", tag: "CI_COMMIT_TAG" },
    },
    // https://www.appveyor.com/docs/environment-variables/
    Service {
        name: "AppVeyor",
        marker: ("APPVEYOR", None),
        proposal: "APPVEYOR_PULL_REQUEST_NUMBER",
        says: Says::Names { branch: "APPVEYOR_REPO_BRANCH", tag: "APPVEYOR_REPO_TAG_NAME" },
    },
    // https://cirrus-ci.org/guide/writing-tasks/#environment-variables
    Service {
        name: "Cirrus CI",
        marker: ("CIRRUS_CI", None),
        proposal: "CIRRUS_PR",
        says: Says::Names { branch: "CIRRUS_BRANCH", tag: "CIRRUS_TAG" },
    },
    // https://docs.semaphore.io/reference/env-vars
    Service {
        name: "Semaphore",
        marker: ("SEMAPHORE", None),
        proposal: "SEMAPHORE_GIT_PR_NUMBER",
        says: Says::Names { branch: "SEMAPHORE_GIT_BRANCH", tag: "SEMAPHORE_GIT_TAG_NAME" },
    },
    // `/env-vars.html` of every Jenkins: multibranch projects set these.
    Service {
        name: "Jenkins",
        marker: ("JENKINS_URL", None),
        proposal: "CHANGE_ID",
        says: Says::Names { branch: "BRANCH_NAME", tag: "TAG_NAME" },
    },
];

impl Service {
    fn is_here(&self, env: &Environment) -> bool {
        let (name, wanted) = self.marker;
        env.get(name).is_some_and(|value| wanted.is_none_or(|wanted| value == wanted.as_bytes()))
    }

    fn built<'a>(&self, env: &Environment<'a>) -> Option<Built<'a>> {
        if env.get(self.proposal).is_some_and(|value| value != b"false") {
            return None;
        }
        match self.says {
            Says::Names { branch, tag } => match env.get(tag) {
                Some(tag) => Some(Built::Tag(tag)),
                None => env.get(branch).map(Built::Branch),
            },
            Says::Ref(name) => {
                let full = env.get(name)?;
                let tag = full.strip_prefix(b"refs/tags/").map(Built::Tag);
                tag.or_else(|| full.strip_prefix(b"refs/heads/").map(Built::Branch))
            }
        }
    }
}

/// Returns what is being built, where the first service that is known by its marker says so.
pub fn built<'a>(env: &Environment<'a>) -> Option<Built<'a>> {
    SERVICES.iter().find(|service| service.is_here(env))?.built(env)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::environment;
    use alloc::vec::Vec;

    fn of(entries: &[&'static str]) -> Option<Built<'static>> {
        built(&environment(entries))
    }

    type Case = (&'static str, &'static str, [&'static [&'static str]; 3]);

    /// Name and marker; a build of a branch, of a tag, and of a proposal, as the service describes
    /// it.
    const CASES: &[Case] = &[
        (
            "GitHub Actions",
            "GITHUB_ACTIONS=true",
            [
                &["GITHUB_REF=refs/heads/release/1", "GITHUB_REF_TYPE=branch"],
                &["GITHUB_REF=refs/tags/v1", "GITHUB_REF_TYPE=tag"],
                &["GITHUB_REF=refs/heads/release/1", "GITHUB_HEAD_REF=release/1"],
            ],
        ),
        (
            "GitLab",
            "GITLAB_CI=true",
            [
                &["CI_COMMIT_BRANCH=release/1"],
                &["CI_COMMIT_TAG=v1"],
                &["CI_MERGE_REQUEST_IID=3", "CI_COMMIT_BRANCH=release/1"],
            ],
        ),
        (
            "CircleCI",
            "CIRCLECI=true",
            [
                &["CIRCLE_BRANCH=release/1", "CIRCLE_PULL_REQUEST=https://x/1"],
                &["CIRCLE_TAG=v1"],
                &["CIRCLE_BRANCH=release/1", "CIRCLE_PR_NUMBER=3"],
            ],
        ),
        (
            "Buildkite",
            "BUILDKITE=true",
            [
                &["BUILDKITE_BRANCH=release/1", "BUILDKITE_PULL_REQUEST=false"],
                &["BUILDKITE_BRANCH=v1", "BUILDKITE_TAG=v1", "BUILDKITE_PULL_REQUEST=false"],
                &["BUILDKITE_BRANCH=release/1", "BUILDKITE_PULL_REQUEST=3"],
            ],
        ),
        (
            "Azure Pipelines",
            "TF_BUILD=True",
            [
                &["BUILD_SOURCEBRANCH=refs/heads/release/1"],
                &["BUILD_SOURCEBRANCH=refs/tags/v1"],
                &["BUILD_SOURCEBRANCH=refs/pull/3/merge"],
            ],
        ),
        (
            "Bitbucket Pipelines",
            "BITBUCKET_BUILD_NUMBER=7",
            [
                &["BITBUCKET_BRANCH=release/1"],
                &["BITBUCKET_TAG=v1"],
                &["BITBUCKET_BRANCH=release/1", "BITBUCKET_PR_ID=3"],
            ],
        ),
        (
            "Travis CI",
            "TRAVIS=true",
            [
                &["TRAVIS_BRANCH=release/1", "TRAVIS_PULL_REQUEST=false", "TRAVIS_TAG="],
                &["TRAVIS_BRANCH=v1", "TRAVIS_TAG=v1", "TRAVIS_PULL_REQUEST=false"],
                &["TRAVIS_BRANCH=release/1", "TRAVIS_PULL_REQUEST=3"],
            ],
        ),
        (
            "Drone",
            "DRONE=true",
            [
                &["DRONE_BRANCH=release/1"],
                &["DRONE_TAG=v1", "DRONE_BRANCH=main"],
                &["DRONE_BRANCH=release/1", "DRONE_PULL_REQUEST=3"],
            ],
        ),
        (
            "Woodpecker",
            "CI=woodpecker",
            [
                &["CI_COMMIT_BRANCH=release/1"],
                &["CI_COMMIT_TAG=v1", "CI_COMMIT_BRANCH=main"],
                &["CI_COMMIT_BRANCH=release/1", "CI_COMMIT_PULL_REQUEST=3"],
            ],
        ),
        (
            "AppVeyor",
            "APPVEYOR=True",
            [
                &["APPVEYOR_REPO_BRANCH=release/1"],
                &["APPVEYOR_REPO_TAG_NAME=v1", "APPVEYOR_REPO_BRANCH=v1"],
                &["APPVEYOR_REPO_BRANCH=release/1", "APPVEYOR_PULL_REQUEST_NUMBER=3"],
            ],
        ),
        (
            "Cirrus CI",
            "CIRRUS_CI=true",
            [
                &["CIRRUS_BRANCH=release/1"],
                &["CIRRUS_TAG=v1"],
                &["CIRRUS_BRANCH=pull/3", "CIRRUS_PR=3"],
            ],
        ),
        (
            "Semaphore",
            "SEMAPHORE=true",
            [
                &["SEMAPHORE_GIT_BRANCH=release/1", "SEMAPHORE_GIT_REF_TYPE=branch"],
                &["SEMAPHORE_GIT_TAG_NAME=v1", "SEMAPHORE_GIT_REF_TYPE=tag"],
                &["SEMAPHORE_GIT_BRANCH=release/1", "SEMAPHORE_GIT_PR_NUMBER=3"],
            ],
        ),
        (
            "Jenkins",
            "JENKINS_URL=https://ci.example/",
            [
                &["BRANCH_NAME=release/1"],
                &["BRANCH_NAME=v1", "TAG_NAME=v1"],
                &["BRANCH_NAME=PR-3", "CHANGE_ID=3"],
            ],
        ),
    ];

    #[test]
    fn every_service_says_what_it_builds() {
        let tested: Vec<&str> = CASES.iter().map(|(name, ..)| *name).collect();
        assert_eq!(tested, SERVICES.iter().map(|service| service.name).collect::<Vec<_>>());
        let want = [Some(Built::Branch(b"release/1")), Some(Built::Tag(b"v1")), None];
        for (name, marker, builds) in CASES {
            for (entries, want) in builds.iter().zip(want) {
                assert_eq!(of(&[&[*marker], *entries].concat()), want, "{name}: {entries:?}");
                // Without the service's own marker its variables mean nothing.
                assert_eq!(of(entries), None, "{name}: {entries:?}");
            }
        }
    }

    #[test]
    fn what_is_neither_branch_nor_tag_is_nothing() {
        for value in ["refs/pull/3/merge", "refs/heads", "main", "refs/notes/x", ""] {
            let entry = alloc::format!("GITHUB_REF={value}");
            let env = environment(&["GITHUB_ACTIONS=true", &entry]);
            assert_eq!(built(&env), None, "{value}");
        }
        assert_eq!(of(&["CI=true", "CI_COMMIT_BRANCH=main"]), None);
        assert_eq!(of(&[]), None);
    }
}
