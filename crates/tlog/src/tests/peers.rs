//! Values that other implementations of the same formats test against.

use crate::{
    hash::NodeHash,
    tree::{NodeSource, root},
};

/// The leaves of the tests of RFC 6962's reference implementation.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// The roots of its trees of 1 to 8 leaves.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

struct Leaves;

impl NodeSource for Leaves {
    type Error = std::convert::Infallible;

    fn node(&mut self, level: u32, index: u64) -> Result<NodeHash, Self::Error> {
        let start = usize::try_from(index << level).unwrap();
        let row: Vec<_> = LEAVES[start..start + (1 << level)]
            .iter()
            .map(|leaf| NodeHash::of_leaf(leaf))
            .collect();
        Ok(NodeHash::of_row(&row))
    }
}

#[test]
fn agrees_with_roots_of_the_reference_implementation() {
    for (size, expected) in (1..).zip(ROOTS) {
        let root = root(&mut Leaves, size).unwrap();
        assert_eq!(hex::encode(root.as_bytes()), expected, "{size}");
    }
}
