//! `goward inspect --vulnerabilities`.

use crate::cli::args::Inspect;
use crate::cli::check::database;
use crate::cli::diff::vulnerability;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::session::Session;
use goward_core::vulndb::Vulnerability;
use goward_lab::Lab;
use goward_lab::find_programs::FoundPrograms;
use goward_lab::program_vulnerabilities::ProgramVulnerabilities;
use serde_json::{Value, json};

pub(super) fn run(session: &Session, args: &Inspect) -> Result<()> {
    let lab = Lab::new(session);
    let mut found = FoundPrograms::default();
    for path in &args.files {
        let more = lab.find_programs(path)?;
        found.programs.extend(more.programs);
        found.others += more.others;
        found.unread.extend(more.unread);
    }
    let (programs, answer) = lab.program_vulnerabilities(found.programs, args.vulndb.as_deref())?;
    if args.json {
        session.ui.json(&json!({
            "programs": programs.iter().map(entry).collect::<Vec<_>>(),
            "others": found.others,
            "unread": found.unread.iter()
                .map(|(place, why)| json!({"place": place, "why": why}))
                .collect::<Vec<_>>(),
            "vulnerability_database": answer.as_ref().map(database),
        }));
    } else {
        for program in &programs {
            session.ui.data(&report(program));
        }
    }
    for (place, why) in &found.unread {
        session.ui.warn(&format!("cannot look at `{place}`: {why}"));
    }
    if let Some(answer) = answer {
        session.ui.say(&format!("vulnerabilities by {}", answer.by()));
    }
    conclude(&programs, found.unread.len())
}

/// Fails when a program has a known vulnerability, when one could not be judged, and without any.
fn conclude(programs: &[ProgramVulnerabilities], unread: usize) -> Result<()> {
    let with = programs.iter().filter(|program| !program.known.is_empty()).count();
    if with > 0 {
        let were =
            if with == 1 { "1 program was".to_owned() } else { format!("{with} programs were") };
        let message = format!("{were} built with a Go whose library has known vulnerabilities");
        return Err(Error::new(Kind::Findings, message)
            .hint("whether a program uses what is vulnerable: `govulncheck -mode=binary FILE`"));
    }
    if unread > 0 {
        let message = format!("{unread} files or archives could not be looked at");
        return Err(Error::new(Kind::Failed, message));
    }
    if programs.is_empty() {
        return Err(Error::new(Kind::NotFound, "no program that Go built is there"));
    }
    if let Some(other) = programs.iter().find(|program| program.release.is_none()) {
        let message = format!("nothing is known of the Go that built `{}`", other.program.place);
        return Err(Error::new(Kind::Failed, message));
    }
    Ok(())
}

/// Returns what is known of one program, for people.
fn report(program: &ProgramVulnerabilities) -> String {
    let place = &program.program.place;
    let go = untrusted(program.program.binary.build.version_alone());
    if program.release.is_none() {
        return format!("{place}: {go}, which is no release: not judged");
    }
    let mut lines = vec![match program.known.len() {
        0 => format!("{place}: {go}: no known vulnerability"),
        count => {
            let fixed = program.fixed().map(|fixed| format!("; fixed in {fixed}"));
            let noun = if count == 1 { "vulnerability" } else { "vulnerabilities" };
            format!("{place}: {go}: {count} known {noun}{}", fixed.unwrap_or_default())
        }
    }];
    lines.extend(program.known.iter().map(line_of));
    lines.join("\n")
}

fn line_of(found: &Vulnerability) -> String {
    let cve = found.aliases.iter().find(|alias| alias.starts_with("CVE-"));
    let cve = cve.map(|cve| format!(" ({})", untrusted(cve))).unwrap_or_default();
    let packages: Vec<String> = found.packages.iter().map(untrusted).collect();
    let (id, summary) = (untrusted(&found.id), untrusted(&found.summary));
    format!("  {id}{cve} {}: {summary}", packages.join(", "))
}

fn entry(program: &ProgramVulnerabilities) -> Value {
    let build = &program.program.binary.build;
    json!({
        "place": program.program.place,
        "version": build.version,
        "release": program.release.map(|release| release.to_string()),
        "platform": build.platform(),
        "vulnerabilities": program.release.map(|_| {
            program.known.iter().map(vulnerability).collect::<Vec<_>>()
        }),
        "fixed_in": program.fixed().map(|fixed| fixed.to_string()),
    })
}
