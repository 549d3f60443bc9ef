//! Which cells a matrix has.

use crate::error::{Error, Kind, Result, near_match, untrusted};
use std::collections::BTreeSet;

/// The word for an axis that is left as it is.
pub const NONE: &str = "none";

/// More cells are refused: each is a run of the whole command.
pub const MAX_CELLS: usize = 256;

/// The axes of a matrix, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Requests for Go; none of them is the project's own.
    pub gos: Vec<String>,
    /// Each a comma-separated list of experiments, or `none`.
    pub experiments: Vec<String>,
    /// Each a comma-separated list of `KEY=VALUE`, or `none`.
    pub debug: Vec<String>,
    /// What is left out.
    pub excludes: Vec<Exclude>,
}

/// One configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The request; the project's own Go without one.
    pub go: Option<String>,
    /// Experiments to add.
    pub experiments: Vec<String>,
    /// `KEY=VALUE` to add to GODEBUG.
    pub debug: Vec<String>,
}

/// Cells to leave out: those that all of the conditions hold for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclude {
    /// The request, as the axis has it.
    pub go: Option<String>,
    /// The experiments, as the axis has them.
    pub experiment: Option<String>,
    /// The settings, as the axis has them.
    pub debug: Option<String>,
}

impl Exclude {
    /// The keys of a condition.
    pub const KEYS: [&str; 3] = ["debug", "experiment", "go"];

    /// Reads `go=1.24 experiment=jsonv2`.
    pub fn parse(text: &str) -> Result<Self> {
        let mut exclude = Self::default();
        for condition in text.split_ascii_whitespace() {
            let Some((key, value)) =
                condition.split_once('=').filter(|(_, value)| !value.is_empty())
            else {
                let message = format!("`{}` is not a condition", untrusted(condition));
                return Err(Error::new(Kind::Usage, message).hint(FORM));
            };
            exclude.set(key, value)?;
        }
        if exclude == Self::default() {
            return Err(Error::new(Kind::Usage, "a condition is missing").hint(FORM));
        }
        Ok(exclude)
    }

    /// Sets one condition.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let place = match key {
            "debug" => &mut self.debug,
            "experiment" => &mut self.experiment,
            "go" => &mut self.go,
            _ => {
                let message = format!("a cell has no `{}`", untrusted(key));
                let error = Error::new(Kind::Usage, message);
                return Err(match near_match(key, Self::KEYS) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(FORM),
                });
            }
        };
        if place.replace(value.to_owned()).is_some() {
            return Err(Error::new(Kind::Usage, format!("`{key}` is twice in one condition")));
        }
        Ok(())
    }

    fn fits(&self, go: Option<&str>, experiment: &str, debug: &str) -> bool {
        let holds = |wanted: &Option<String>, value: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| value == Some(wanted))
        };
        holds(&self.go, go)
            && holds(&self.experiment, Some(experiment))
            && holds(&self.debug, Some(debug))
    }
}

const FORM: &str = "for example `--exclude 'go=1.24 experiment=jsonv2'`";

impl Plan {
    /// Returns the cells, in the order of the axes: Go changes slowest, GODEBUG fastest. The first
    /// is what the others are compared with.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] when an exclusion fits nothing, and for no cell or too many.
    pub fn cells(&self) -> Result<Vec<Cell>> {
        let axis = |values: &[String]| -> Vec<String> {
            if values.is_empty() { vec![NONE.to_owned()] } else { values.to_vec() }
        };
        let gos: Vec<Option<&str>> = if self.gos.is_empty() {
            vec![None]
        } else {
            self.gos.iter().map(|go| Some(go.as_str())).collect()
        };
        let (experiments, debug) = (axis(&self.experiments), axis(&self.debug));
        let count = gos.len().saturating_mul(experiments.len()).saturating_mul(debug.len());
        if count > MAX_CELLS {
            return Err(Error::new(
                Kind::Usage,
                format!("the matrix has {count} cells, and {MAX_CELLS} is the limit"),
            ));
        }
        let (mut cells, mut seen) = (Vec::new(), BTreeSet::new());
        let mut used = vec![false; self.excludes.len()];
        for go in gos {
            for experiment in &experiments {
                for debug in &debug {
                    let mut is_out = false;
                    for (exclude, used) in self.excludes.iter().zip(&mut used) {
                        let fits = exclude.fits(go, experiment, debug);
                        *used |= fits;
                        is_out |= fits;
                    }
                    let cell = Cell {
                        go: go.map(str::to_owned),
                        experiments: items(experiment),
                        debug: items(debug),
                    };
                    if !is_out && seen.insert(cell.clone()) {
                        cells.push(cell);
                    }
                }
            }
        }
        if let Some(unused) = used.iter().position(|used| !used) {
            return Err(Error::new(
                Kind::Usage,
                format!("no cell fits the exclusion `{}`", self.excludes[unused]),
            )
            .hint("a condition is written as the axis has it, such as `go=1.24` for `--go 1.24`"));
        }
        if cells.is_empty() {
            return Err(Error::new(Kind::Usage, "every cell of the matrix is left out"));
        }
        Ok(cells)
    }
}

impl std::fmt::Display for Exclude {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = [("go", &self.go), ("experiment", &self.experiment), ("debug", &self.debug)];
        let shown = all.iter().filter_map(|(key, value)| {
            value.as_ref().map(|value| format!("{key}={}", untrusted(value)))
        });
        f.write_str(&shown.collect::<Vec<_>>().join(" "))
    }
}

/// Returns the items of a comma-separated list; `none` alone has none.
fn items(list: &str) -> Vec<String> {
    if list == NONE {
        return Vec::new();
    }
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

impl Cell {
    /// Returns true when it adds nothing that a release could not know.
    pub fn is_plain(&self) -> bool {
        self.experiments.is_empty() && self.debug.is_empty()
    }

    /// Returns the cell's name, where its Go is called `go`.
    pub fn label(&self, go: &str) -> String {
        let mut parts = vec![go.to_owned()];
        let lists = [self.experiments.join(","), self.debug.join(",")];
        parts.extend(lists.into_iter().filter(|list| !list.is_empty()));
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(gos: &[&str], experiments: &[&str], debug: &[&str], excludes: &[&str]) -> Plan {
        let owned = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect();
        Plan {
            gos: owned(gos),
            experiments: owned(experiments),
            debug: owned(debug),
            excludes: excludes.iter().map(|text| Exclude::parse(text).unwrap()).collect(),
        }
    }

    fn labels(plan: &Plan) -> Vec<String> {
        let cells = plan.cells().unwrap();
        cells.iter().map(|cell| cell.label(cell.go.as_deref().unwrap_or("own"))).collect()
    }

    #[test]
    fn the_cells_are_the_product_of_the_axes() {
        assert_eq!(labels(&Plan::default()), ["own"]);
        let two = plan(&["1.26", "1.27"], &["none", "jsonv2,simd"], &[], &[]);
        assert_eq!(labels(&two), ["1.26", "1.26 jsonv2,simd", "1.27", "1.27 jsonv2,simd"]);
        let three = plan(&[], &["none"], &["a=1", "a=1", "none", "b=0,c=2"], &[]);
        assert_eq!(labels(&three), ["own a=1", "own", "own b=0,c=2"]);
    }

    #[test]
    fn exclusions_leave_cells_out_and_have_to_fit() {
        let gos = ["1.24", "1.27"];
        let out = plan(&gos, &["none", "jsonv2"], &[], &["go=1.24 experiment=jsonv2"]);
        assert_eq!(labels(&out), ["1.24", "1.27", "1.27 jsonv2"]);
        let out = plan(&gos, &[], &["none", "a=1"], &["debug=a=1"]);
        assert_eq!(labels(&out), ["1.24", "1.27"]);
        let cases = [
            (plan(&gos, &[], &[], &["go=1.25"]), "no cell fits the exclusion `go=1.25`"),
            (plan(&gos, &[], &[], &["experiment=none"]), "every cell of the matrix is left out"),
            (
                plan(&["1"; 17], &["e"; 16], &[], &[]),
                "the matrix has 272 cells, and 256 is the limit",
            ),
        ];
        for (plan, want) in cases {
            let error = plan.cells().unwrap_err();
            assert_eq!((error.kind(), error.message()), (Kind::Usage, want));
        }
    }

    #[test]
    fn conditions_that_are_none() {
        let cases = [
            ("", "a condition is missing"),
            ("go", "`go` is not a condition"),
            ("go=", "`go=` is not a condition"),
            ("experiments=x", "a cell has no `experiments`"),
            ("go=1.2 go=1.3", "`go` is twice in one condition"),
        ];
        for (text, want) in cases {
            assert_eq!(Exclude::parse(text).unwrap_err().message(), want);
        }
    }
}
