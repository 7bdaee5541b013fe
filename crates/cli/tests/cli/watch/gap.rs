//! An archive that is published some time before its bundle.

use jiff::SignedDuration;

use super::watched::{Watched, path};
use crate::{
    fixtures::author::BUNDLE,
    harness::{FILE, World},
};

/// A watched author, whose next release waits at PAUSE with its bundle.
fn uploaded() -> Watched {
    let watched = Watched {
        world: World::new().with_account(),
    };
    watched.world.publish_release("1.01");
    watched.run(&[]).exits(0);
    watched.world.sandbox.pause.hold();
    watched.world.upload(&["--no-wait"]).exits(0);
    watched
}

#[test]
fn watch_reports_no_archive_whose_bundle_may_follow() {
    let watched = uploaded();
    let pause = &watched.world.sandbox.pause;
    // CHECKSUMS list the archive before its bundle is there.
    pause.publish_next();
    assert!(watched.world.published(BUNDLE).is_none());
    let ran = watched
        .run(&[])
        .exits(3)
        .snapshot("watch/watch_reports_no_archive_whose_bundle_may_follow");
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("it has no bundle yet"), "{ran:#?}");
    pause.publish_all();
    let ran = watched.run(&[]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
}

#[test]
fn watch_reports_an_archive_whose_bundle_is_overdue() {
    let watched = uploaded();
    let pause = &watched.world.sandbox.pause;
    pause.clock().set_offset(SignedDuration::from_mins(-16));
    pause.publish_next();
    let alerts = watched.reports(13);
    assert_eq!(alerts[0]["alert"], "unsigned-release");
    assert_eq!(alerts[0]["path"], path(FILE));
}
