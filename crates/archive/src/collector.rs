//! Collects defects: one report for each code, however many members have it.

use crate::{Defect, DefectReport, Severity, limits};

/// The defects found so far.
#[derive(Default)]
pub struct DefectCollector(Vec<DefectReport>);

impl DefectCollector {
    /// Adds a defect of the file.
    pub fn add(
        &mut self,
        code: Defect,
        severity: Severity,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.0.push(DefectReport {
            code,
            severity,
            expected: expected.into(),
            found: found.into(),
            fixable: false,
            count: 0,
            members: Vec::new(),
        });
    }

    /// Adds a defect of a member. `found` describes the first member; later ones are counted.
    pub fn add_member(
        &mut self,
        code: Defect,
        severity: Severity,
        member: &str,
        expected: &str,
        found: impl FnOnce() -> String,
    ) {
        let same = |report: &&mut DefectReport| {
            report.code == code && report.severity == severity && report.count > 0
        };
        if let Some(report) = self.0.iter_mut().find(same) {
            report.count += 1;
            if report.members.len() < limits::NAMED_MEMBERS {
                report.members.push(member.to_owned());
            }
            return;
        }
        self.0.push(DefectReport {
            code,
            severity,
            expected: expected.to_owned(),
            found: found(),
            fixable: false,
            count: 1,
            members: vec![member.to_owned()],
        });
    }

    /// Returns all reports, the worst first. `in_tar` is whether `fix` applies.
    pub fn into_reports(mut self, in_tar: bool) -> Vec<DefectReport> {
        for report in &mut self.0 {
            report.fixable = in_tar && is_fixable(report.code);
        }
        self.0
            .sort_by_key(|report| (std::cmp::Reverse(report.severity), report.code));
        self.0
    }
}

/// Returns whether `fix` repairs this defect in a tar archive.
const fn is_fixable(code: Defect) -> bool {
    matches!(code, Defect::WorldWritable | Defect::TrailingBytes)
}
