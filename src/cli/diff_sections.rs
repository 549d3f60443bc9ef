//! What `goward diff` found, as lines for people: the same for the terminal and for Markdown.

use goward_core::settings::Verdict;
use goward_core::settings::history::{Variable, meaning};
use goward_core::settings::platforms::Target;
use goward_core::vulndb::Vulnerability;
use goward_lab::diff::{DebugDiff, Diff, Flip, LockDiff, Pin, PlatformDiff, Touch, Written};

/// Lines with one subject.
pub(super) struct Section {
    /// The subject.
    pub(super) title: &'static str,
    /// Never empty.
    pub(super) lines: Vec<Line>,
}

/// What happens to a name.
pub(super) struct Line {
    /// What, in a word.
    pub(super) word: &'static str,
    /// The name.
    pub(super) name: String,
    /// What there is to say of it; may be empty.
    pub(super) text: String,
    /// Whether it touches the module here, as far as that is known.
    pub(super) touches: bool,
}

impl Line {
    fn touching(self, touches: bool) -> Self {
        Self { touches, ..self }
    }
}

fn line(word: &'static str, name: impl Into<String>, text: impl Into<String>) -> Line {
    Line { word, name: name.into(), text: text.into(), touches: true }
}

/// Returns the sections of what touches the module here, and those of the rest. Where that is not
/// known, nothing is left to the rest.
pub(super) fn parted(diff: &Diff) -> (Vec<Section>, Vec<Section>) {
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for Section { title, lines } in sections(diff) {
        let is_first = |line: &Line| line.touches || diff.touch.packages.is_err();
        let (touching, others): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(is_first);
        for (lines, list) in [(touching, &mut first), (others, &mut rest)] {
            if !lines.is_empty() {
                list.push(Section { title, lines });
            }
        }
    }
    (first, rest)
}

/// Returns the sections that have something to say.
fn sections(diff: &Diff) -> Vec<Section> {
    let all = [
        ("experiments", experiments(diff)),
        ("GODEBUG", debug(&diff.debug, diff)),
        ("settings of this module", diff.written.iter().map(written).collect()),
        ("platforms", platforms(&diff.platforms, &diff.touch)),
        ("environment and build info", changes(diff)),
        ("flaws of builds", flaws(diff)),
        ("security fixes", security(diff)),
        ("pins of the lock", diff.lock.as_ref().map(pins).unwrap_or_default()),
    ];
    let sections = all.into_iter().map(|(title, lines)| Section { title, lines });
    sections.filter(|section| !section.lines.is_empty()).collect()
}

fn experiments(diff: &Diff) -> Vec<Line> {
    let (found, touch) = (&diff.experiments, &diff.touch);
    let told = |name: &str| {
        let known = diff.to.settings.experiments.get(name);
        let doc = known.map(|experiment| experiment.doc.clone()).unwrap_or_default();
        meaning(Variable::Experiment, name).map_or(doc, |words| words.meaning.to_owned())
    };
    let added = found.added.iter().map(|(name, is_on)| match is_on {
        true => line("new, on", name, told(name)).touching(touch.has_experiment(name)),
        false => line("new", name, told(name)).touching(touch.used.contains(name)),
    });
    let dropped = found.dropped.iter().map(|left| {
        let became = left.became.clone().unwrap_or_default();
        line("gone", &left.name, became).touching(touch.used.contains(&left.name))
    });
    let turned = |word, names: &'_ [String]| -> Vec<Line> {
        let turned =
            |name: &String| line(word, name, told(name)).touching(touch.has_experiment(name));
        names.iter().map(turned).collect()
    };
    let (on, off) = (turned("on", &found.on), turned("off", &found.off));
    added.chain(dropped).chain(on).chain(off).collect()
}

fn debug(found: &DebugDiff, diff: &Diff) -> Vec<Line> {
    let told = |name: &str| meaning(Variable::Debug, name).map_or("", |words| words.meaning);
    let touch = &diff.touch;
    let added = found
        .added
        .iter()
        .map(|name| line("new", name, told(name)).touching(touch.used.contains(name)));
    let dropped = found.dropped.iter().map(|gone| {
        let mut text = gone.became.unwrap_or_default().to_owned();
        if !gone.fatal.is_empty() {
            let values = gone.fatal.join(" or ");
            text = format!("{text}; with {}={values} no program starts", gone.name);
        }
        line("gone", &gone.name, text).touching(touch.used.contains(&gone.name))
    });
    let flips = found.flips.iter().map(|flip| {
        line("flips", &flip.name, flip_text(flip)).touching(touch.has_debug(&flip.name))
    });
    let later = found.later.iter().map(|flip| {
        let text = format!(
            "stays {} until the `go` line is 1.{}: {}",
            flip.old, flip.changed, flip.meaning
        );
        line("later", &flip.name, text).touching(touch.has_debug(&flip.name))
    });
    // Without a module there is no `go` line to wait for.
    let later = later.filter(|_| diff.module.file.is_some());
    added.chain(dropped).chain(flips).chain(later).collect()
}

fn written(found: &Written) -> Line {
    let word = if matches!(found.verdict, Verdict::Refused(_)) { "refused" } else { "idle" };
    let why = found.verdict.why().unwrap_or_default();
    line(word, &found.setting, format!("{why} ({})", found.place))
}

fn flip_text(flip: &Flip) -> String {
    let Flip { name, old, meaning, .. } = flip;
    match (flip.back, flip.is_settable) {
        (true, _) => format!("as with {name}={old}: {meaning}"),
        (false, true) => format!("no longer as with {name}={old}, which brings it back: {meaning}"),
        (false, false) => format!("no longer as with {name}={old}, for good: {meaning}"),
    }
}

fn platforms(found: &PlatformDiff, touch: &Touch) -> Vec<Line> {
    let words = |target: &Target| target.words().join(", ");
    let one = |word, target: &Target, text: String| {
        let name = target.to_string();
        let touches = touch.platforms.contains(&name);
        line(word, name, text).touching(touches)
    };
    let gained = found.gained.iter().map(|target| one("new", target, words(target)));
    let lost = found.lost.iter().map(|target| one("gone", target, String::new()));
    let changed = found.changed.iter().map(|(old, new)| {
        let or_nothing = |words: String| if words.is_empty() { "no cgo".to_owned() } else { words };
        let text = format!("{}; it was: {}", or_nothing(words(new)), or_nothing(words(old)));
        one("changed", new, text)
    });
    gained.chain(lost).chain(changed).collect()
}

fn changes(diff: &Diff) -> Vec<Line> {
    let is_back = diff.is_backwards();
    let word = |kind| match (kind, is_back) {
        ("gained", false) | ("lost", true) => "new",
        ("lost", false) | ("gained", true) => "gone",
        _ => "changed",
    };
    let changes = diff.changes.iter();
    let since = |minor| format!("from 1.{minor} on: ");
    // Backwards the words still say what the newer one does.
    changes
        .map(|change| {
            let text =
                if is_back { since(change.minor) + change.text } else { change.text.to_owned() };
            line(word(change.kind), change.name, text)
                .touching(diff.touch.used.contains(change.name))
        })
        .collect()
}

fn flaws(diff: &Diff) -> Vec<Line> {
    let text = "what is built or fetched can run code";
    let fixed = diff.fixed.iter().map(|flaw| line("fixed", flaw, text));
    fixed.chain(diff.opened.iter().map(|flaw| line("has", flaw, text))).collect()
}

fn security(diff: &Diff) -> Vec<Line> {
    let Ok(found) = &diff.security else { return Vec::new() };
    let one = |word: &'static str, found: &Vulnerability| {
        let mut packages = found.packages.iter();
        let touches = found.module != "stdlib"
            || found.packages.is_empty()
            || packages.any(|package| diff.touch.imports(package));
        line(word, &found.id, told(found)).touching(touches)
    };
    let fixed = found.fixed.iter().map(|fixed| one("fixed", fixed));
    fixed.chain(found.opened.iter().map(|opened| one("has", opened))).collect()
}

fn told(found: &Vulnerability) -> String {
    let mut words = found.aliases.clone();
    let packages = match found.packages.as_slice() {
        [] => String::new(),
        packages => format!(" ({})", packages.join(", ")),
    };
    let fixed = match found.fixed {
        Some(release) => format!("fixed in {release}"),
        None => "not fixed in its line".to_owned(),
    };
    words.push(format!("{}{packages}", found.module));
    words.push(fixed);
    format!("{}: {}", words.join(", "), found.summary)
}

fn pins(found: &LockDiff) -> Vec<Line> {
    let one = |pin: &Pin| {
        let word = match (pin.problems.is_empty(), pin.warnings.is_empty()) {
            (false, _) => "refused",
            (true, false) => "check",
            (true, true) => "stays",
        };
        let reasons: Vec<&str> =
            pin.problems.iter().chain(&pin.warnings).map(String::as_str).collect();
        let profile = pin.profile.as_ref().map(|profile| format!("profile {profile}: "));
        let text = profile.unwrap_or_default() + &reasons.join("; ");
        line(word, format!("{}={}", pin.name, pin.value), text.trim_end_matches(": "))
    };
    found.pins.iter().map(one).collect()
}
