//! The `tool` lines of a `go.mod`, and the modules that it requires.

use super::go_mod::{Entry, parse_lines, unquoted, without_mark};

/// What a `go.mod` says about packages of other modules.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// The packages of `tool` lines.
    pub tools: Vec<Entry>,
    module: Option<String>,
    required: Vec<(String, String)>,
    replaced: Vec<String>,
}

/// Where a package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// The module itself: the path below it.
    Own(&'a str),
    /// A module in this version.
    Required(&'a str),
    /// A module that a `replace` line has something else for.
    Replaced(&'a str),
    /// No module that the file names.
    Unknown,
}

impl Requirements {
    /// Reads the text of a `go.mod`.
    pub fn parse(text: &str) -> Self {
        let text = without_mark(text);
        let words = |verb: &str| -> Vec<(Vec<String>, u32)> {
            let lines = parse_lines(text, verb).into_iter();
            let words =
                lines.map(|entry| (entry.value.split(' ').map(unquoted).collect(), entry.line));
            words.collect()
        };
        let first = |(words, _): (Vec<String>, u32)| words.into_iter().next();
        let tools = words("tool")
            .into_iter()
            .filter_map(|(words, line)| Some(Entry { value: words.into_iter().next()?, line }));
        let required = words("require").into_iter().filter_map(|(words, _)| {
            let mut words = words.into_iter();
            words.next().zip(words.next())
        });
        Self {
            tools: tools.collect(),
            module: words("module").into_iter().find_map(first),
            required: required.collect(),
            replaced: words("replace").into_iter().filter_map(first).collect(),
        }
    }

    /// Returns where a package comes from.
    pub fn origin<'a>(&'a self, package: &'a str) -> Origin<'a> {
        let below = |module: &str| {
            let rest = package.strip_prefix(module)?;
            if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
        };
        let required = self.required.iter().filter(|(module, _)| below(module).is_some());
        // As Go does: the module with the longest path.
        let required = required.max_by_key(|(module, _)| module.len());
        let own = self.module.as_deref().and_then(|module| Some((module, below(module)?)));
        match (own, required) {
            (Some((module, rest)), other)
                if other.is_none_or(|(other, _)| other.len() < module.len()) =>
            {
                Origin::Own(rest)
            }
            (_, Some((module, _))) if self.replaced.contains(module) => Origin::Replaced(module),
            (_, Some((_, version))) => Origin::Required(version),
            (_, None) => Origin::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_of_the_longest_module() {
        let text = "\u{feff}module m.x/a\n\ngo 1.27\n\ntool m.x/a/cmd/gen\ntool (\n\t\"q.x/t/cmd/t\" // why\n\
                    \tr.x/y\n)\n\nrequire q.x v1.0.0\nrequire (\n\tq.x/t v0.3.0 // indirect\n\tr.x/y v2.0.0\n\
                    )\nreplace r.x/y v2.0.0 => ../y\n";
        let read = Requirements::parse(text);
        let tools: Vec<_> = read.tools.iter().map(|it| (it.value.as_str(), it.line)).collect();
        assert_eq!(tools, [("m.x/a/cmd/gen", 5), ("q.x/t/cmd/t", 7), ("r.x/y", 8)]);
        for (package, want) in [
            ("m.x/a/cmd/gen", Origin::Own("cmd/gen")),
            ("m.x/a", Origin::Own("")),
            ("m.x/ab", Origin::Unknown),
            ("q.x/t/cmd/t", Origin::Required("v0.3.0")),
            ("q.x/tt", Origin::Required("v1.0.0")),
            ("r.x/y", Origin::Replaced("r.x/y")),
            ("s.x", Origin::Unknown),
        ] {
            assert_eq!(read.origin(package), want, "{package}");
        }
    }
}
