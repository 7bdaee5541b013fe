//! META.yml, read as a stream of events: nothing is built and no alias is expanded, so a document
//! never needs more memory than its text.

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::limits;

use super::{DeclaredName, FIELDS, MetaError};

/// Reads the three fields of the first document.
pub fn read(text: &str) -> Result<DeclaredName, MetaError> {
    let mut declared = DeclaredName::default();
    let mut depth = 0_usize;
    // The key of the next value in the outermost mapping.
    let mut key: Option<String> = None;
    let mut is_mapping = false;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| MetaError::Malformed(error.to_string()))?;
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if depth == 0 {
                    is_mapping = matches!(event, Event::MappingStart(..));
                } else if depth == 1 && is_mapping {
                    require_plain(key.as_deref())?;
                }
                depth += 1;
                if depth > limits::META_DEPTH {
                    return Err(MetaError::Malformed("nesting is too deep".into()));
                }
            }
            Event::MappingEnd | Event::SequenceEnd => {
                depth = depth.saturating_sub(1);
                if depth == 1 {
                    key = None;
                }
            }
            Event::Scalar(value, style, ..) if depth == 1 && is_mapping => match key.take() {
                None => key = Some(value.into_owned()),
                Some(key) => {
                    let is_null =
                        style == ScalarStyle::Plain && matches!(value.as_ref(), "" | "~" | "null");
                    declared.set(&key, (!is_null).then(|| value.into_owned()))?;
                }
            },
            Event::Alias(_) if depth == 1 && is_mapping => {
                require_plain(key.take().as_deref())?;
            }
            Event::DocumentEnd => break,
            _ => {}
        }
    }
    if is_mapping {
        Ok(declared)
    } else {
        Err(MetaError::Malformed("not a mapping".into()))
    }
}

/// Refuses a field that is read and is not plain text.
fn require_plain(key: Option<&str>) -> Result<(), MetaError> {
    match key {
        Some(key) if FIELDS.contains(&key) => Err(MetaError::Malformed(format!(
            "a {key} that is not plain text"
        ))),
        _ => Ok(()),
    }
}
