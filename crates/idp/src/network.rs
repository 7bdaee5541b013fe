//! Addresses of requests, and the networks by which they are limited.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// Length of the prefix of a network, for each version.
const V4_PREFIX: u8 = 24;
/// The same for IPv6.
const V6_PREFIX: u8 = 64;

/// Returns the network by which an address is limited: its /24, or its /64.
pub fn network_of(address: IpAddr) -> IpNet {
    let address = address.to_canonical();
    let prefix = if address.is_ipv4() {
        V4_PREFIX
    } else {
        V6_PREFIX
    };
    IpNet::new(address, prefix)
        .unwrap_or_else(|_| IpNet::from(address))
        .trunc()
}

/// Returns the address of the person behind a connection, or `None` if nobody may connect from there.
///
/// `forwarded` are the values of `X-Forwarded-For`, in their order. Each proxy adds the address that connected to it,
/// so the last address that is no proxy of ours is the person's. Those before it are the person's own words.
pub fn client_of<'a>(
    peer: SocketAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    proxies: &[IpNet],
) -> Option<IpAddr> {
    let is_proxy = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let peer = peer.ip().to_canonical();
    if !is_proxy(&peer) {
        return peer.is_loopback().then_some(peer);
    }
    let mut client = peer;
    for text in forwarded.flat_map(|line| line.split(',')).rev() {
        client = text.trim().parse::<IpAddr>().ok()?.to_canonical();
        if !is_proxy(&client) {
            break;
        }
    }
    Some(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proxies: &[&str]) -> Option<String> {
        let proxies: Vec<IpNet> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        let client = client_of(peer.parse().unwrap(), forwarded.iter().copied(), &proxies);
        client.map(|address| address.to_string())
    }

    #[test]
    fn believes_forwarded_address_of_configured_proxies_only() {
        let one = &["127.0.0.1/32"][..];
        for (peer, forwarded, proxies, expected) in [
            // No proxy is configured: the header is anybody's.
            (
                "127.0.0.1:1",
                &["192.0.2.9"][..],
                &[][..],
                Some("127.0.0.1"),
            ),
            ("127.0.0.1:1", &["192.0.2.9"], one, Some("192.0.2.9")),
            // The person wrote the first one.
            (
                "127.0.0.1:1",
                &["198.51.100.1, 192.0.2.9"],
                one,
                Some("192.0.2.9"),
            ),
            (
                "127.0.0.1:1",
                &["198.51.100.1", "192.0.2.9"],
                one,
                Some("192.0.2.9"),
            ),
            (
                "127.0.0.1:1",
                &["192.0.2.9, 127.0.0.1"],
                one,
                Some("192.0.2.9"),
            ),
            (
                "[::ffff:127.0.0.1]:1",
                &["192.0.2.9"],
                one,
                Some("192.0.2.9"),
            ),
            ("127.0.0.1:1", &["::ffff:192.0.2.9"], one, Some("192.0.2.9")),
            ("127.0.0.1:1", &[], one, Some("127.0.0.1")),
            // Not an address: nobody can be limited by it.
            ("127.0.0.1:1", &["unknown"], one, None),
            ("127.0.0.1:1", &["192.0.2.9, "], one, None),
            // Neither this machine nor a proxy.
            ("192.0.2.9:1", &[], &[], None),
            ("192.0.2.9:1", &["127.0.0.1"], one, None),
        ] {
            let found = client(peer, forwarded, proxies);
            assert_eq!(found.as_deref(), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn limits_by_the_network_that_one_person_holds() {
        for (address, network) in [
            ("192.0.2.9", "192.0.2.0/24"),
            ("::ffff:192.0.2.9", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(network_of(address.parse().unwrap()).to_string(), network);
        }
    }
}
