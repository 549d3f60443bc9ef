use super::*;
use tempfile::TempDir;

/// A project directory and a state directory.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("project")).unwrap();
        Self(dir)
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("project")
    }

    fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    /// Begins, which must have just this to say.
    #[track_caller]
    fn begin(&self, said: &[String]) -> Transaction {
        let mut heard = Vec::new();
        let mut notice = |notice| match notice {
            Notice::Said(text) | Notice::Warning(text) => heard.push(text),
        };
        let transaction =
            Transaction::begin(&self.root(), Some(&self.state()), &mut notice).unwrap();
        assert_eq!(heard, said);
        transaction
    }

    fn files(&self) -> Files {
        Files::read(&self.root()).unwrap()
    }

    fn write(&self, files: &Files) {
        for (name, text) in files.parts() {
            match text {
                Some(text) => fs::write(self.root().join(name), text).unwrap(),
                None => _ = fs::remove_file(self.root().join(name)),
            }
        }
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root()).unwrap();
        let mut names: Vec<String> =
            entries.iter().map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn history(&self) -> History {
        History::open(&self.state(), &self.root(), &mut |_| panic!("nobody has it")).unwrap()
    }
}

fn files(manifest: Option<&str>, lock: Option<&str>) -> Files {
    let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
    Files { manifest: bytes(manifest), lock: bytes(lock) }
}

const BOTH: [&str; 2] = ["goward.lock", "goward.toml"];

#[test]
fn both_files_are_made_changed_and_removed() {
    let place = Place::new();
    let one = files(Some("m1"), Some("l1"));
    let two = files(Some("m1"), Some("l2"));
    assert!(place.begin(&[]).commit("use", &one).unwrap());
    assert_eq!((place.files(), place.names()), (one.clone(), BOTH.map(str::to_owned).to_vec()));
    assert!(!place.begin(&[]).commit("use", &one).unwrap());
    fs::set_mode(place.root().join("goward.lock"), 0o640).unwrap();
    assert!(place.begin(&[]).commit("lock", &two).unwrap());
    assert_eq!((place.files(), place.names()), (two.clone(), BOTH.map(str::to_owned).to_vec()));
    let mode = fs::metadata(place.root().join("goward.lock")).unwrap().mode();
    assert!(cfg!(windows) || mode & 0o777 == 0o640, "{mode:o}");
    assert!(place.begin(&[]).commit("undo", &Files::default()).unwrap());
    assert_eq!((place.files(), place.names()), (Files::default(), Vec::new()));
    let records = place.begin(&[]).records().unwrap().into_iter();
    let changes: Vec<_> = records.map(|r| (r.command, r.before, r.after)).collect();
    let want = [
        ("undo".to_owned(), two.clone(), Files::default()),
        ("lock".to_owned(), one.clone(), two),
        ("use".to_owned(), Files::default(), one),
    ];
    assert_eq!(changes, want);
}

#[test]
fn what_somebody_else_changed_is_left_alone() {
    let place = Place::new();
    let theirs = files(Some("theirs"), None);
    let transaction = place.begin(&[]);
    place.write(&theirs);
    let error = transaction.commit("use", &files(Some("m"), Some("l"))).unwrap_err();
    let want = format!(
        "goward: the files in `{}` changed meanwhile\n  nothing was changed\n\
         hint: look at them, and run the command again",
        place.root().display()
    );
    assert_eq!(error.to_string(), want);
    assert_eq!((place.files(), place.names()), (theirs, vec!["goward.toml".to_owned()]));
    assert_eq!(place.begin(&[]).records().unwrap(), []);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn nothing_is_written_through_a_link() {
    let place = Place::new();
    let target = place.root().join("target");
    fs::write(&target, "mine").unwrap();
    let link = place.root().join("goward.toml");
    fs::symlink("target", &link).unwrap();
    let transaction = place.begin(&[]);
    assert_eq!(*transaction.before(), files(Some("mine"), None));
    let error = transaction.commit("use", &files(Some("m"), Some("l"))).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    let root = place.root().canonicalize().unwrap();
    let want = format!("it is a link to `{}/target`", root.display());
    assert!(error.to_string().contains(&want), "{error}");
    assert_eq!(fs::read(&target).unwrap(), b"mine");
    assert_eq!(place.names(), ["goward.toml", "target"]);
    // What is not changed may be one.
    assert!(place.begin(&[]).commit("lock", &files(Some("mine"), Some("l"))).unwrap());
    assert_eq!(place.files(), files(Some("mine"), Some("l")));
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_link_out_of_the_repository_is_not_read() {
    let place = Place::new();
    let target = place.0.path().join("target");
    fs::write(&target, "mine").unwrap();
    fs::symlink(&target, place.root().join("goward.toml")).unwrap();
    let error = Transaction::begin(&place.root(), None, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("outside of its repository"), "{error}");
}

#[test]
fn without_a_state_directory_both_files_still_change() {
    let place = Place::new();
    let one = files(Some("m"), Some("l"));
    let mut never = |notice| panic!("{notice:?}");
    let transaction = Transaction::begin(&place.root(), None, &mut never).unwrap();
    assert!(transaction.commit("use", &one).unwrap());
    assert_eq!((place.files(), place.names()), (one, BOTH.map(str::to_owned).to_vec()));
    let transaction = Transaction::begin(&place.root(), None, &mut never).unwrap();
    assert_eq!(transaction.records().unwrap(), []);
}

#[test]
fn a_state_directory_that_cannot_be_written_is_a_warning() {
    let place = Place::new();
    fs::write(place.state(), "a file").unwrap();
    let mut heard = Vec::new();
    let transaction =
        Transaction::begin(&place.root(), Some(&place.state()), &mut |notice| heard.push(notice))
            .unwrap();
    let [Notice::Warning(text)] = &heard[..] else { panic!("{heard:?}") };
    let start = "no earlier states are kept, `goward undo` will not work: ";
    assert!(text.starts_with(start), "{text}");
    assert!(transaction.commit("use", &files(Some("m"), Some("l"))).unwrap());
    assert_eq!(place.files(), files(Some("m"), Some("l")));
}

/// Every state in which a process can have ended, and what the next one makes of it.
#[test]
fn what_a_crash_left_is_finished_or_undone() {
    let old = || files(Some("m1"), Some("l1"));
    let new = || files(Some("m2"), Some("l2"));
    let gone = Files::default();
    let mixed = files(Some("m2"), Some("l1"));
    let undone = "was undone";
    let made = "had made its change";
    let cases = [
        (old(), new(), old(), old(), undone),
        (old(), new(), mixed.clone(), old(), undone),
        (old(), new(), new(), new(), made),
        (gone.clone(), new(), files(Some("m2"), None), gone.clone(), undone),
        (old(), gone.clone(), files(None, Some("l1")), old(), undone),
        (old(), gone.clone(), gone.clone(), gone, made),
    ];
    for (before, after, found, want, said) in cases {
        let place = Place::new();
        place.history().announce("use", "7", &before, &after).unwrap();
        place.write(&found);
        let leftovers = [".goward.toml.7.old", ".goward.lock.7.new", ".goward.lock.7.old"];
        for name in leftovers {
            fs::write(place.root().join(name), "half").unwrap();
        }
        let what = format!("a `goward use` in `{}` that was interrupted", place.root().display());
        let transaction = place.begin(&[format!("{what} {said}")]);
        assert_eq!((place.files(), transaction.before()), (want.clone(), &want));
        let kept = transaction.records().unwrap().len();
        assert_eq!(kept, usize::from(said == made));
        assert!(place.names().iter().all(|name| !name.starts_with('.')), "{:?}", place.names());
        drop(transaction);
        place.begin(&[]);
    }
}

#[test]
fn what_was_changed_after_a_crash_is_left_as_it_is() {
    let place = Place::new();
    let (old, new) = (files(Some("m1"), Some("l1")), files(Some("m2"), Some("l2")));
    place.history().announce("lock", "7", &old, &new).unwrap();
    let found = files(Some("m2"), Some("by hand"));
    place.write(&found);
    let said = format!(
        "a `goward lock` in `{}` that was interrupted: its files were changed since, and are left \
         as they are",
        place.root().display()
    );
    assert_eq!(place.begin(&[said]).before(), &found);
    assert_eq!(place.begin(&[]).records().unwrap(), []);
}
