//! The tree as files ([C2SP tlog-tiles]).
//!
//! [C2SP tlog-tiles]: https://c2sp.org/tlog-tiles

/// Number of a tile, and how many of its 256 places are filled if it is partial.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TilePath {
    pub(super) index: usize,
    pub(super) width: usize,
}

impl TilePath {
    /// Reads `x001/x234/067` or `x001/x234/067.p/8`.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let (path, width) = match path.split_once(".p/") {
            Some((path, width)) => (
                path,
                width
                    .parse()
                    .ok()
                    .filter(|width| (1..256).contains(width))?,
            ),
            None => (path, 256),
        };
        let mut groups = path.rsplit('/');
        let last = digits(groups.next()?)?;
        let mut index = last;
        let mut unit = 1_usize;
        for group in groups {
            unit = unit.checked_mul(1000)?;
            let group = digits(group.strip_prefix('x')?)?;
            index = index.checked_add(group.checked_mul(unit)?)?;
        }
        Some(Self { index, width })
    }
}

fn digits(group: &str) -> Option<usize> {
    (group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| group.parse().ok())
        .flatten()
}

/// Returns bodies in order, each with its length in two bytes before it, or `None` if one is too
/// long.
pub(super) fn entry_bundle(bodies: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut bundle = Vec::new();
    for body in bodies {
        bundle.extend_from_slice(&u16::try_from(body.len()).ok()?.to_be_bytes());
        bundle.extend_from_slice(body);
    }
    Some(bundle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_tile_paths_as_specified() {
        let tile = |index, width| Some(TilePath { index, width });
        assert_eq!(TilePath::parse("000"), tile(0, 256));
        assert_eq!(TilePath::parse("x001/x234/067"), tile(1_234_067, 256));
        assert_eq!(TilePath::parse("x001/x234/067.p/8"), tile(1_234_067, 8));
        for wrong in [
            "",
            "0",
            "x000",
            "001/234",
            "x1/234",
            "000.p/0",
            "000.p/256",
            "x999/".repeat(9).as_str(),
        ] {
            assert_eq!(TilePath::parse(wrong), None, "{wrong}");
        }
    }
}
