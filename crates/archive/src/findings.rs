//! Defects as they are collected: one for each code, however many members have it.

use crate::{Code, Defect, Severity, limits};

/// The defects found so far.
#[derive(Default)]
pub struct Findings(Vec<Defect>);

impl Findings {
    /// Something about the file.
    pub fn file(
        &mut self,
        code: Code,
        severity: Severity,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.0.push(Defect {
            code,
            severity,
            expected: expected.into(),
            found: found.into(),
            remedy: code.remedy(),
            count: 0,
            members: Vec::new(),
        });
    }

    /// Something about a member. What was found is told of the first that has it; the others are counted.
    pub fn member(
        &mut self,
        code: Code,
        severity: Severity,
        member: &str,
        expected: &str,
        found: impl FnOnce() -> String,
    ) {
        let known = |defect: &&mut Defect| {
            defect.code == code && defect.severity == severity && defect.count > 0
        };
        if let Some(defect) = self.0.iter_mut().find(known) {
            defect.count += 1;
            if defect.members.len() < limits::NAMED_MEMBERS {
                defect.members.push(member.to_owned());
            }
            return;
        }
        self.0.push(Defect {
            code,
            severity,
            expected: expected.to_owned(),
            found: found(),
            remedy: code.remedy(),
            count: 1,
            members: vec![member.to_owned()],
        });
    }

    /// All of them, the worst first.
    pub fn into_defects(mut self) -> Vec<Defect> {
        self.0
            .sort_by_key(|defect| (std::cmp::Reverse(defect.severity), defect.code));
        self.0
    }
}
