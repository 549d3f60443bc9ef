//! Tables of what was measured: as text, as JSON, and as a plot.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::fmt::Write;
use std::path::PathBuf;

/// Everything that one benchmark has to say.
pub(crate) struct Report {
    title: &'static str,
    unit: &'static str,
    rows: Vec<Row>,
    notes: Vec<String>,
}

/// Where the files go that somebody wants.
#[derive(Default)]
pub(crate) struct Files {
    json: Option<PathBuf>,
    svg: Option<PathBuf>,
}

impl Files {
    /// Takes an option, if it is about files.
    pub(crate) fn set(&mut self, option: &str, value: &str) -> bool {
        match option {
            "--json" => self.json = Some(value.into()),
            "--svg" => self.svg = Some(value.into()),
            _ => return false,
        }
        true
    }
}

/// One thing that was measured, in each round once; one without values was not.
pub(crate) struct Row {
    name: String,
    values: Vec<f64>,
    /// The name of what it is compared with, and the ratio.
    against: Option<(String, f64)>,
    /// What else there is to say, a figure or a reason.
    remark: String,
}

impl Row {
    pub(crate) fn new(name: &str, values: &[f64]) -> Self {
        let (name, values) = (name.to_owned(), values.to_vec());
        Self { name, values, against: None, remark: String::new() }
    }

    /// A row for what is not here.
    pub(crate) fn absent(name: &str, why: &str) -> Self {
        Self::new(name, &[]).remark(&format!("not measured: {why}"))
    }

    pub(crate) fn median(&self) -> f64 {
        quantile(&self.values, 0.5)
    }

    pub(crate) fn remark(self, remark: &str) -> Self {
        Self { remark: remark.to_owned(), ..self }
    }

    /// Compares with other values by their medians.
    pub(crate) fn against(self, name: &str, values: &[f64]) -> Self {
        let ratio = quantile(&self.values, 0.5) / quantile(values, 0.5);
        Self { against: Some((name.to_owned(), ratio)), ..self }
    }

    /// Compares other values of the same rounds with these.
    pub(crate) fn taken_by(self, name: &str, values: &[f64]) -> Self {
        let ratios: Vec<f64> =
            values.iter().zip(&self.values).map(|(other, own)| other / own).collect();
        Self { against: Some((format!("this, `{name}`"), quantile(&ratios, 0.5))), ..self }
    }

    /// Compares with other values of the same rounds.
    pub(crate) fn against_each(self, name: &str, values: &[f64]) -> Self {
        let ratios: Vec<f64> =
            self.values.iter().zip(values).map(|(own, other)| own / other).collect();
        Self { against: Some((name.to_owned(), quantile(&ratios, 0.5))), ..self }
    }
}

impl Report {
    pub(crate) fn new(title: &'static str, unit: &'static str) -> Self {
        Self { title, unit, rows: Vec::new(), notes: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(crate) fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    /// Prints the table, and writes the files that are wanted.
    pub(crate) fn write(&self, files: &Files) {
        println!(
            "| | median {0} | middle half, {0} | least to most, {0} | ratio | of | |",
            self.unit
        );
        println!("|---|---|---|---|---|---|---|");
        for row in &self.rows {
            let [least, low, median, high, most] =
                [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| shown(quantile(&row.values, part)));
            let [low, least] =
                [(low, high), (least, most)].map(|(from, to)| match row.values[..] {
                    [] => String::new(),
                    _ => format!("{from} to {to}"),
                });
            let (ratio, of) = match &row.against {
                Some((name, ratio)) => (format!("{ratio:.3}"), name.as_str()),
                None => (String::new(), ""),
            };
            println!(
                "| {} | {median} | {low} | {least} | {ratio} | {of} | {} |",
                row.name, row.remark
            );
        }
        for note in &self.notes {
            println!("\n{note}");
        }
        if let Some(path) = &files.json {
            std::fs::write(path, self.json()).unwrap();
        }
        if let Some(path) = &files.svg {
            std::fs::write(path, self.svg()).unwrap();
        }
    }

    fn json(&self) -> String {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                let against = row.against.as_ref();
                let median = (!row.values.is_empty()).then(|| quantile(&row.values, 0.5));
                serde_json::json!({
                    "name": row.name,
                    "values": row.values,
                    "median": median,
                    "against": against.map(|(name, _)| name),
                    "ratio": against.map(|(_, ratio)| ratio),
                    "remark": row.remark,
                })
            })
            .collect();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let all = serde_json::json!({
            "title": self.title, "unit": self.unit, "cores": cores, "rows": rows, "notes": self.notes,
        });
        format!("{all:#}\n")
    }

    /// Bars from zero to the median, with the middle half of the rounds as a line.
    fn svg(&self) -> String {
        const STEP: f64 = 34.0;
        const LEFT: f64 = 330.0;
        const WIDTH: f64 = 360.0;
        let mut rows: Vec<&Row> = Vec::new();
        for row in &self.rows {
            if !row.values.is_empty() && !rows.iter().any(|known| known.name == row.name) {
                rows.push(row);
            }
        }
        let most = rows.iter().map(|row| quantile(&row.values, 0.75)).fold(0.01, f64::max);
        let height = (0..rows.len()).map(|_| STEP).sum::<f64>() + 50.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 780 {height}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n<style>text {{ fill: #1f2328 }} .bar {{ \
             fill: #0a7ea4 }} line {{ stroke: #1f2328 }} @media (prefers-color-scheme: dark) {{ text \
             {{ fill: #e6edf3 }} line {{ stroke: #e6edf3 }} }}</style>\n<text x=\"10\" y=\"22\" \
             font-size=\"15\" font-weight=\"bold\">{}, {}</text>\n",
            escaped(self.title),
            self.unit
        );
        let mut top = 40.0;
        for row in rows {
            let [low, median, high] =
                [0.25, 0.5, 0.75].map(|part| quantile(&row.values, part).max(0.0) / most * WIDTH);
            let middle = top + 11.0;
            writeln!(
                svg,
                "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text><rect class=\"bar\" \
                 x=\"{LEFT}\" y=\"{top:.0}\" width=\"{median:.1}\" height=\"22\"/><line x1=\"{:.1}\" \
                 y1=\"{middle:.0}\" x2=\"{:.1}\" y2=\"{middle:.0}\"/><text x=\"{:.1}\" \
                 y=\"{:.0}\">{}</text>",
                LEFT - 8.0,
                top + 15.0,
                escaped(&row.name.replace('`', "")),
                LEFT + low,
                LEFT + high,
                LEFT + high.max(median) + 6.0,
                top + 15.0,
                shown(quantile(&row.values, 0.5)),
            )
            .unwrap();
            top += STEP;
        }
        svg + "</svg>\n"
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Returns a value with about three digits; nothing for one that is not there.
fn shown(value: f64) -> String {
    if value.is_nan() {
        return String::new();
    }
    let digits = if value.abs() < 10.0 { 2 } else { usize::from(value.abs() < 100.0) };
    format!("{value:.digits$}")
}

/// Returns the value below which a part of all values is.
fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let place = (last as f64 * part).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
