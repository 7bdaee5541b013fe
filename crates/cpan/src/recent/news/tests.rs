use std::cell::RefCell;

use futures_util::FutureExt as _;
use proptest::prelude::*;

use super::*;
use crate::recent::EventKind;

/// The lengths of the intervals, in seconds.
const LENGTHS: [u64; 5] = [3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600];

/// A CPAN: the events of its paths, oldest first, each at a time of its own.
#[derive(Clone, Debug, Default)]
struct Past(Vec<(u64, String, bool)>);

impl Past {
    /// The file of an interval at a time. The larger ones lag behind, as real ones do.
    fn file(&self, at: usize, now: u64) -> String {
        let written = at
            .checked_sub(2)
            .map_or(now, |before| now - now % LENGTHS[before]);
        let mut latest: BTreeMap<&str, (u64, bool)> = BTreeMap::new();
        for (time, path, is_new) in &self.0 {
            if *time <= written && *time + LENGTHS[at] >= written {
                latest.insert(path, (*time, *is_new));
            }
        }
        let mut events: Vec<_> = latest.into_iter().collect();
        events.sort_by_key(|(_, (time, _))| std::cmp::Reverse(*time));
        let events: Vec<_> = events
            .iter()
            .map(|(path, (time, is_new))| {
                let kind = if *is_new { "new" } else { "delete" };
                format!("{{epoch: {time}, path: {path}, type: {kind}}}")
            })
            .collect();
        format!(
            "meta: {{protocol: 1, interval: {}}}\nrecent: [{}]\n",
            INTERVALS[at],
            events.join(", ")
        )
    }

    /// The news that are read, and the files that they come from.
    fn news(&self, now: u64, since: Option<u64>) -> (News, Vec<String>) {
        let asked = RefCell::new(Vec::new());
        let fetch = async |path: String, _| {
            let at = INTERVALS
                .iter()
                .position(|interval| path == format!("authors/RECENT-{interval}.yaml"));
            asked.borrow_mut().push(path);
            Ok::<_, ()>(at.map(|at| self.file(at, now).into_bytes()))
        };
        let since = since.map(epoch);
        let read = news(fetch, since.as_ref()).now_or_never().unwrap();
        (read.unwrap().unwrap(), asked.into_inner())
    }
}

fn epoch(seconds: u64) -> Epoch {
    seconds.to_string().parse().unwrap()
}

fn happened(events: &[(u64, &str)]) -> Past {
    let events = events.iter();
    Past(
        events
            .map(|(at, path)| (*at, (*path).to_owned(), true))
            .collect(),
    )
}

fn served(files: &[(&str, &str)], since: Option<u64>) -> Result<Option<News>, NewsError<()>> {
    let fetch = async |path: String, _| {
        let file = files.iter().find(|(name, _)| *name == path);
        Ok(file.map(|(_, text)| text.as_bytes().to_vec()))
    };
    news(fetch, since.map(epoch).as_ref())
        .now_or_never()
        .unwrap()
}

#[test]
fn reads_only_files_that_reach_back() {
    let day = 24 * 3600;
    let past = happened(&[(100, "a"), (day, "b"), (2 * day - 60, "c"), (2 * day, "d")]);
    let (news, asked) = past.news(2 * day + 1, Some(2 * day - 60));
    assert_eq!(news.coverage, Coverage::Whole);
    assert_eq!(news.events.keys().collect::<Vec<_>>(), ["authors/d"]);
    assert_eq!(asked, ["authors/RECENT-1h.yaml"]);
    let (news, asked) = past.news(2 * day + 1, Some(day));
    assert_eq!(news.coverage, Coverage::Whole);
    assert_eq!(news.events.len(), 2);
    assert_eq!(asked.len(), 3, "{asked:?}");
}

#[test]
fn reports_state_before_the_one_that_was_seen() {
    let past = happened(&[(100, "a"), (200, "b")]);
    let (news, _) = past.news(300, Some(201));
    assert_eq!(news.coverage, Coverage::WentBack);
    let (news, _) = past.news(300, Some(200));
    assert_eq!((news.coverage, news.events.len()), (Coverage::Whole, 0));
}

#[test]
fn reports_partial_news_after_a_long_time() {
    let year = 365 * 24 * 3600;
    let past = happened(&[(100, "a"), (year, "b")]);
    let (news, _) = past.news(year, Some(100));
    assert_eq!(news.coverage, Coverage::Partial);
    assert_eq!(news.newest, Some(epoch(year)));
    let (news, asked) = past.news(year, None);
    assert_eq!((news.coverage, news.events.len()), (Coverage::Partial, 0));
    assert_eq!((news.newest, asked.len()), (Some(epoch(year)), 1));
}

#[test]
fn reads_files_at_the_root_if_there_are_no_others() {
    let json = r#"{"meta":{"protocol":1,"interval":"1h"},"recent":[{"epoch":5.25,"path":"authors/id/a","type":"delete"},{"epoch":4,"path":"modules/x","type":"new"}]}"#;
    let news = served(&[("RECENT-1h.json", json)], Some(4))
        .unwrap()
        .unwrap();
    assert_eq!(news.coverage, Coverage::Whole);
    assert_eq!(news.events["authors/id/a"].kind, EventKind::Delete);
    assert_eq!(served(&[], None), Ok(None));
}

#[test]
fn rejects_invalid_file_and_other_interval() {
    let other = "meta: {protocol: 1, interval: 6h}\nrecent: []\n";
    let error = served(&[("authors/RECENT-1h.yaml", other)], None).unwrap_err();
    assert!(matches!(error, NewsError::Interval { expected: "1h", .. }));
    let error = served(&[("authors/RECENT-1h.yaml", "<html>")], None).unwrap_err();
    assert!(matches!(error, NewsError::File { .. }), "{error:?}");
}

proptest! {
    /// News are complete if they claim to be, at any time and after any events.
    #[test]
    fn reports_whole_news_only_if_complete(
        steps in prop::collection::vec((1..400_000_u64, 0..6_u8, any::<bool>()), 1..40),
        since in 0..40_usize,
        later in 0..5000_u64,
    ) {
        let mut time = 1_000_000;
        let mut past = Past::default();
        for (step, path, is_new) in steps {
            time += step;
            past.0.push((time, format!("p{path}"), is_new));
        }
        let since = past.0[since.min(past.0.len() - 1)].0;
        let (news, _) = past.news(time + later, Some(since));
        prop_assert_ne!(news.coverage, Coverage::WentBack);
        let mut expected = BTreeMap::new();
        for (at, path, is_new) in &past.0 {
            if *at > since {
                expected.insert(format!("authors/{path}"), (epoch(*at), *is_new));
            }
        }
        let found: BTreeMap<_, _> = news
            .events
            .iter()
            .map(|(path, event)| (path.clone(), (event.epoch.clone(), event.kind == EventKind::New)))
            .collect();
        if news.coverage == Coverage::Whole {
            prop_assert_eq!(found, expected);
        } else {
            prop_assert!(found.iter().all(|(path, event)| expected.get(path) == Some(event)));
        }
    }
}
