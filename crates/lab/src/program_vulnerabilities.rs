//! Which programs were built with a Go whose library has known vulnerabilities.

use crate::Lab;
use crate::find_programs::FoundProgram;
use goward_core::checks::SkipReason;
use goward_core::error::{Error, Kind, Result};
use goward_core::platform::Platform;
use goward_core::version::GoVersion;
use goward_core::vulndb::{DatabaseAnswer, Vulnerability};
use std::collections::{BTreeMap, BTreeSet};

/// The module that is built in; flaws of the commands are not those of what they build.
const LIBRARY: &str = "stdlib";

/// A program, and what is known of the library in it.
#[derive(Debug)]
pub struct ProgramVulnerabilities {
    pub program: FoundProgram,
    /// The release that built it, if it was one.
    pub release: Option<GoVersion>,
    /// What that release's library has on the program's platform, sorted by name. A program need not
    /// have the package in it.
    pub known: Vec<Vulnerability>,
}

impl ProgramVulnerabilities {
    /// Returns the first release that has none of them, if each is fixed in one.
    pub fn fixed(&self) -> Option<GoVersion> {
        let fixed: Option<Vec<GoVersion>> = self.known.iter().map(|found| found.fixed).collect();
        fixed?.into_iter().max()
    }
}

impl Lab<'_> {
    /// Asks Go's vulnerability database, or the one that is `named`, for what built each program.
    /// Returns who was asked, unless nobody had to be; a copy, if it answered for any platform.
    ///
    /// # Errors
    ///
    /// When nobody can be asked, or nobody may be.
    pub fn program_vulnerabilities(
        &self,
        programs: Vec<FoundProgram>,
        named: Option<&str>,
    ) -> Result<(Vec<ProgramVulnerabilities>, Option<DatabaseAnswer>)> {
        let mut asked: BTreeMap<Option<Platform>, BTreeSet<GoVersion>> = BTreeMap::new();
        let mut judged = Vec::new();
        for program in programs {
            let release = program.binary.build.release().filter(|found| !found.is_language());
            if let Some(release) = release {
                asked.entry(platform_of(&program)).or_default().insert(release);
            }
            judged.push(ProgramVulnerabilities { program, release, known: Vec::new() });
        }
        let mut answers: Vec<DatabaseAnswer> = Vec::new();
        for (platform, releases) in asked {
            let releases: Vec<GoVersion> = releases.into_iter().collect();
            let platforms: Vec<Platform> = platform.into_iter().collect();
            let answer = self.installer.vulnerabilities(named, &releases, &platforms)?;
            let answer = answer.map_err(refusal)?;
            for (release, found) in releases.iter().zip(&answer.report.found) {
                let of_library = found.iter().filter(|found| found.module == LIBRARY);
                let known: Vec<Vulnerability> = of_library.cloned().collect();
                for program in &mut judged {
                    let is_it = program.release == Some(*release)
                        && platform_of(&program.program) == platform;
                    if is_it {
                        program.known.clone_from(&known);
                    }
                }
            }
            answers.push(answer);
        }
        Ok((judged, answers.into_iter().max_by_key(|answer| answer.copy.is_some())))
    }
}

/// Returns the platform that a program says it is for, if goward knows that.
fn platform_of(program: &FoundProgram) -> Option<Platform> {
    Platform::parse(&program.binary.build.platform()?).ok()
}

fn refusal(why: SkipReason) -> Error {
    match why {
        SkipReason::Failed(error) => error,
        SkipReason::LeftOut(why) => {
            Error::new(Kind::Usage, format!("no vulnerability database may be asked: {why}"))
                .hint("name one: `--vulndb https://vuln.go.dev`")
        }
        SkipReason::Unable(why, fix) => {
            Error::new(Kind::Network, format!("no vulnerability database can be asked: {why}"))
                .hint(fix)
        }
    }
}
