//! The findings that were there before: they are known, and fail no run.
//!
//! An entry is the identity of a finding; rule, path and object stand beside it for people. Lines and wording do not
//! count, so that edits elsewhere in a file change nothing.

use std::collections::BTreeSet;

use crate::finding::Report;

/// The version of the file's shape.
const VERSION: u32 = 1;

/// Known findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    findings: BTreeSet<Known>,
}

/// A known finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    path: String,
    rule: String,
    object: String,
    fingerprint: String,
}

impl Baseline {
    /// The baseline in which everything that a report found is known.
    ///
    /// Findings about suppressions are left out: they are about the present.
    pub fn of(report: &Report) -> Self {
        let findings = report.findings.iter();
        let lasting = findings.filter(|finding| !finding.rule.starts_with("suppression/"));
        let known = lasting.map(|finding| {
            let path = report.file(finding.span.file).map_or("", |file| &file.path);
            Known {
                path: report.machine_path(path).into_owned(),
                rule: finding.rule.to_string(),
                object: finding.object.clone(),
                fingerprint: finding.fingerprint.clone(),
            }
        });
        Self {
            version: VERSION,
            findings: known.collect(),
        }
    }

    /// Reads the file's text, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let baseline: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if baseline.version != VERSION {
            return Err(format!(
                "its version is {}, and this program writes version {VERSION}",
                baseline.version
            ));
        }
        Ok(baseline)
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).map_or_else(|_| String::new(), |text| text + "\n")
    }

    /// How many findings are known.
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether a finding of this identity is known.
    pub fn knows(&self, fingerprint: &str) -> bool {
        let mut all = self.findings.iter();
        all.any(|known| known.fingerprint == fingerprint)
    }

    /// The paths of the known findings, from the top of the repository.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|known| known.path.as_str())
    }

    /// Forgets what is not among these identities.
    pub fn retain(&mut self, fingerprints: &BTreeSet<&str>) {
        let is_there = |known: &Known| fingerprints.contains(known.fingerprint.as_str());
        self.findings.retain(is_there);
    }

    /// The identities.
    pub fn fingerprints(&self) -> BTreeSet<&str> {
        self.findings
            .iter()
            .map(|known| known.fingerprint.as_str())
            .collect()
    }
}
