//! The parser of RECENT files.
//!
//! It reads a stream of YAML events and expands no alias, so no document is larger than its text.

use std::borrow::Cow;

use saphyr_parser::{Event as Yaml, Parser, ScalarStyle, StrInput};

use super::{EVENT_LIMIT, Epoch, Event, EventKind, PATH_LIMIT, Recent, RecentError};

/// Limit of nested values.
const DEPTH: usize = 8;

/// The fields of `meta` that this program uses.
#[derive(Default)]
struct Meta {
    protocol: Option<String>,
    interval: Option<String>,
    dirtymark: Option<Epoch>,
}

/// Parses the one document.
pub(super) fn recent(text: &str) -> Result<Recent, RecentError> {
    let mut reader = Reader {
        events: Parser::new_from_str(text),
    };
    reader.expect("the start of a text", |event| {
        matches!(event, Yaml::StreamStart)
    })?;
    reader.expect("a document", |event| {
        matches!(event, Yaml::DocumentStart(..))
    })?;
    reader.expect("`meta` and `recent`", is_plain_mapping)?;
    let (mut meta, mut events) = (None, None);
    while let Some(key) = reader.key()? {
        match key.as_ref() {
            "meta" => once(&mut meta, "meta", reader.meta()?)?,
            "recent" => once(&mut events, "recent", reader.events()?)?,
            _ => reader.skip()?,
        }
    }
    reader.expect("the end of the document", |event| {
        matches!(event, Yaml::DocumentEnd)
    })?;
    reader.expect("one document", |event| matches!(event, Yaml::StreamEnd))?;
    let meta = meta.ok_or(RecentError::Missing("meta"))?;
    match meta.protocol.as_deref() {
        Some("1") => {}
        Some(other) => return Err(RecentError::Protocol(shortened(other))),
        None => return Err(RecentError::Missing("protocol")),
    }
    Ok(Recent {
        interval: meta.interval.ok_or(RecentError::Missing("interval"))?,
        dirtymark: meta.dirtymark,
        events: events.ok_or(RecentError::Missing("recent"))?,
    })
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Yaml<'a>, RecentError> {
        let shape = |found| RecentError::Shape {
            expected: "YAML",
            found,
        };
        match self.events.next() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => {
                let text = error.to_string();
                Err(shape(shortened(text.trim_start_matches("found "))))
            }
            None => Err(shape("the end".to_owned())),
        }
    }

    fn expect(
        &mut self,
        expected: &'static str,
        is: impl FnOnce(&Yaml) -> bool,
    ) -> Result<(), RecentError> {
        let event = self.next()?;
        if is(&event) {
            Ok(())
        } else {
            Err(unexpected(expected, &event))
        }
    }

    /// The next key of a mapping; `None` at its end.
    fn key(&mut self) -> Result<Option<Cow<'a, str>>, RecentError> {
        match self.next()? {
            Yaml::MappingEnd => Ok(None),
            Yaml::Scalar(key, _, 0, None) => Ok(Some(key)),
            other => Err(unexpected("a key", &other)),
        }
    }

    /// A plain value; `None` if it is undefined.
    fn value(&mut self) -> Result<Option<Cow<'a, str>>, RecentError> {
        match self.next()? {
            Yaml::Scalar(value, ScalarStyle::Plain, 0, None)
                if matches!(value.as_ref(), "" | "~" | "null") =>
            {
                Ok(None)
            }
            Yaml::Scalar(value, _, 0, None) => Ok(Some(value)),
            other => Err(unexpected("a plain value", &other)),
        }
    }

    /// Skips any value.
    fn skip(&mut self) -> Result<(), RecentError> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                Yaml::Scalar(..) => {}
                Yaml::MappingStart(..) | Yaml::SequenceStart(..) if depth < DEPTH => depth += 1,
                Yaml::MappingEnd | Yaml::SequenceEnd => depth = depth.saturating_sub(1),
                other => return Err(unexpected("a value that is not nested deeply", &other)),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn meta(&mut self) -> Result<Meta, RecentError> {
        self.expect("what `meta` says", is_plain_mapping)?;
        let mut meta = Meta::default();
        let mut has_mark = None;
        while let Some(key) = self.key()? {
            match key.as_ref() {
                "protocol" => {
                    let value = self.value()?.unwrap_or_default();
                    once(&mut meta.protocol, "protocol", value.into_owned())?;
                }
                "interval" => {
                    let value = self.value()?.unwrap_or_default();
                    once(&mut meta.interval, "interval", shortened(&value))?;
                }
                "dirtymark" => {
                    once(&mut has_mark, "dirtymark", ())?;
                    meta.dirtymark = self.value()?.map(|mark| mark.parse()).transpose()?;
                }
                _ => self.skip()?,
            }
        }
        Ok(meta)
    }

    fn events(&mut self) -> Result<Vec<Event>, RecentError> {
        self.expect("a list of events", |event| {
            matches!(event, Yaml::SequenceStart(0, None))
        })?;
        let mut events: Vec<Event> = Vec::new();
        loop {
            match self.next()? {
                Yaml::SequenceEnd => return Ok(events),
                event if is_plain_mapping(&event) => {}
                other => return Err(unexpected("an event", &other)),
            }
            let event = self.event()?;
            if events.len() == EVENT_LIMIT {
                return Err(RecentError::TooMany);
            }
            if let Some(before) = events.last().filter(|before| before.epoch < event.epoch) {
                return Err(RecentError::Order {
                    later: event.epoch,
                    earlier: before.epoch.clone(),
                });
            }
            events.push(event);
        }
    }

    fn event(&mut self) -> Result<Event, RecentError> {
        let (mut epoch, mut path, mut kind) = (None, None, None);
        while let Some(key) = self.key()? {
            match key.as_ref() {
                "epoch" => {
                    let value = self.value()?.unwrap_or_default();
                    once(&mut epoch, "epoch", value.parse()?)?;
                }
                "path" => {
                    let value = self.value()?.unwrap_or_default();
                    once(&mut path, "path", value.into_owned())?;
                }
                "type" => {
                    let value = self.value()?.unwrap_or_default();
                    once(&mut kind, "type", read_kind(&value)?)?;
                }
                _ => self.skip()?,
            }
        }
        let path = path.ok_or(RecentError::Missing("path"))?;
        if !is_below(&path) {
            return Err(RecentError::Path(shortened(&path)));
        }
        Ok(Event {
            epoch: epoch.ok_or(RecentError::Missing("epoch"))?,
            path,
            kind: kind.ok_or(RecentError::Missing("type"))?,
        })
    }
}

/// Sets a value that may be set once.
fn once<T>(place: &mut Option<T>, key: &str, value: T) -> Result<(), RecentError> {
    if place.is_some() {
        return Err(RecentError::Twice(key.to_owned()));
    }
    *place = Some(value);
    Ok(())
}

fn read_kind(text: &str) -> Result<EventKind, RecentError> {
    match text {
        "new" => Ok(EventKind::New),
        "delete" => Ok(EventKind::Delete),
        other => Err(RecentError::Shape {
            expected: "`new` or `delete`",
            found: format!("`{}`", shortened(other)),
        }),
    }
}

fn is_plain_mapping(event: &Yaml) -> bool {
    matches!(event, Yaml::MappingStart(0, None))
}

/// Whether a path leads to a file below where it starts.
fn is_below(path: &str) -> bool {
    path.len() <= PATH_LIMIT
        && !path.chars().any(char::is_control)
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn unexpected(expected: &'static str, event: &Yaml) -> RecentError {
    let found = match event {
        Yaml::Scalar(text, ..) => format!("`{}`", shortened(text)),
        Yaml::MappingStart(..) => "a mapping".to_owned(),
        Yaml::SequenceStart(..) => "a list".to_owned(),
        Yaml::Alias(_) => "an alias".to_owned(),
        _ => "something else".to_owned(),
    };
    RecentError::Shape { expected, found }
}

/// Foreign text for an error message.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: &str = include_str!("../../../../fuzz/seeds/recent/authors-1h.yaml");
    const JSON: &str = include_str!("../../../../fuzz/seeds/recent/root-6h.json");

    #[test]
    fn reads_recent_files_in_yaml_and_json() {
        let yaml = recent(WHOLE).unwrap();
        assert_eq!(yaml.interval(), "1h");
        assert_eq!(yaml.dirtymark().unwrap().to_string(), "1795500001.5");
        let events: Vec<_> = yaml
            .events()
            .iter()
            .map(|event| (event.epoch.to_string(), event.path.as_str(), event.kind))
            .collect();
        let path = "id/M/MY/MYAUTHOR/Foo-1.0.tar.gz";
        assert_eq!(
            events,
            [
                (
                    "1795512345.67891".into(),
                    "id/M/MY/MYAUTHOR/CHECKSUMS",
                    EventKind::New
                ),
                ("1795512345.6789".into(), path, EventKind::Delete),
            ]
        );
        let json = recent(JSON).unwrap();
        assert_eq!(json.interval(), "6h");
        assert_eq!(json.dirtymark(), None);
        assert_eq!(json.events()[0].path, format!("authors/{path}"));
        assert!(recent("meta: {protocol: 1, interval: 1h}\nrecent: []\n").is_ok());
    }

    #[test]
    fn rejects_recent_files_with_two_meanings_or_other_paths() {
        let swap = |old: &str, new: &str| {
            assert!(WHOLE.contains(old), "{old}");
            recent(&WHOLE.replacen(old, new, 1))
        };
        for (old, new) in [
            ("protocol: 1", "protocol: 2"),
            ("protocol: 1", "protocol: 1\n  protocol: 1"),
            ("  protocol: 1\n", ""),
            ("interval: 1h\n", "interval: 1h\n  interval: 6h\n"),
            ("type: delete", "type: rename"),
            ("type: delete", "type: delete\n    type: new"),
            ("    type: delete\n", ""),
            (
                "epoch: 1795512345.6789\n    path",
                "epoch: 1795512345.67892\n    path",
            ),
            ("epoch: 1795512345.6789\n    path", "epoch: soon\n    path"),
            ("epoch: 1795512345.6789\n    path", "epoch: [1]\n    path"),
            ("path: id/", "path: /id/"),
            ("path: id/", "path: ../id/"),
            ("path: id/", "path: id//"),
            ("path: id/", "path: !!str id/"),
            ("path: id/", "path: &a id/"),
            ("recent: ", "recent: []\nrecent: "),
            ("recent: ", "recent: *a\nmore: "),
            ("time: 1795512346", "time: [[[[[[[[[[]]]]]]]]]]"),
        ] {
            assert!(swap(old, new).is_err(), "{new}");
        }
        assert!(recent(&format!("{WHOLE}--- \n{WHOLE}")).is_err());
        assert!(recent("").is_err());
        assert!(recent("[]").is_err());
        assert!(recent("recent: []").is_err());
    }

    #[test]
    fn rejects_more_events_than_the_limit() {
        let mut text = String::from("meta: {protocol: 1, interval: 1h}\nrecent:\n");
        for _ in 0..EVENT_LIMIT {
            text.push_str("- {epoch: 1, path: a, type: new}\n");
        }
        assert_eq!(recent(&text).unwrap().events().len(), EVENT_LIMIT);
        text.push_str("- {epoch: 1, path: a, type: new}\n");
        assert_eq!(recent(&text), Err(RecentError::TooMany));
    }

    proptest! {
        #[test]
        fn parses_any_text_without_panic(text in "\\PC{0,40}", cut in 0..WHOLE.len()) {
            let mut mixed = WHOLE.as_bytes().to_vec();
            mixed.splice(cut..cut, text.bytes());
            let _ = Recent::parse(&mixed);
            let _ = Recent::parse(&WHOLE.as_bytes()[..cut]);
        }
    }
}
