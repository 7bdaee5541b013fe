//! The state of a watch.

use super::*;

fn watched(files: &str, alerts: &[&str]) -> Watched {
    Watched {
        cursor: "1".to_owned(),
        files: files.to_owned(),
        alerts: alerts.iter().map(|alert| (*alert).to_owned()).collect(),
    }
}

/// Checks the behavior that every kind of trust store has.
pub async fn store_keeps_watch_of_two_processes(place: &str) {
    let [one, other] = [place, place].map(TrustStore::open);
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    let author = path(RELEASE).author;
    let now = time("2026-11-24T00:00:00Z");
    let note = |store: TrustStore, before: Option<&'static str>, watched: Watched| {
        let author = author.clone();
        async move {
            let noted = store.note_watched(&author, before, &watched, now).await;
            noted.unwrap()
        }
    };
    assert_eq!(one.watched_files(&author).await.unwrap(), None);
    assert!(note(one.clone(), None, watched("a", &[])).await);
    // Both begin with the same files: the first one to end reports the changes.
    assert!(!note(other.clone(), None, watched("b", &["lost"])).await);
    assert!(note(other.clone(), Some("a"), watched("c", &["first", "second"])).await);
    assert!(!note(one.clone(), Some("a"), watched("c", &["again"])).await);
    let files = one.watched_files(&author).await.unwrap();
    assert_eq!(files.as_deref(), Some("c"));

    let cursors = [(&author, "2".to_owned())];
    one.move_watch_cursors(&cursors).await.unwrap();
    let cursors = other.watch_cursors().await.unwrap();
    assert_eq!(cursors[author.as_str()], "2");

    assert_eq!(one.waiting_alerts().await.unwrap(), 2);
    for text in ["first", "second"] {
        let alert = one.oldest_alert().await.unwrap().unwrap();
        assert_eq!(
            (alert.text.as_str(), alert.author.as_str()),
            (text, author.as_str())
        );
        other.remove_alert(&alert).await.unwrap();
    }
    assert_eq!(one.oldest_alert().await.unwrap(), None);

    note(one.clone(), Some("c"), watched("d", &["third"])).await;
    one.forget(&Forget::Author(author.clone())).await.unwrap();
    assert_eq!(one.watched_files(&author).await.unwrap(), None);
    assert_eq!(one.waiting_alerts().await.unwrap(), 0);
}

#[tokio::test]
async fn keeps_watch_of_two_processes_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("trust-store.sqlite");
    store_keeps_watch_of_two_processes(place.to_str().unwrap()).await;
}
