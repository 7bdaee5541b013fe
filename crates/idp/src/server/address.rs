//! The address of the person behind a request.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::Idp;
use crate::network::client_of;

/// The header to which each proxy adds the address that connected to it.
const FORWARDED: &str = "x-forwarded-for";

/// The address of the person behind a request, as an extension of the request.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// Finds the address, or refuses the request.
pub(super) async fn find(
    State(idp): State<Idp>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(address) = address_of(&idp, peer, request.headers()) else {
        let text = "This address is for the reverse proxy in front of the provider.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    };
    request.extensions_mut().insert(ClientAddress(address));
    next.run(request).await
}

fn address_of(idp: &Idp, peer: SocketAddr, headers: &HeaderMap) -> Option<IpAddr> {
    // A value that is no text is no address.
    let forwarded = headers.get_all(FORWARDED).iter();
    let forwarded: Vec<&str> = forwarded
        .map(|value| value.to_str().unwrap_or("?"))
        .collect();
    let address = client_of(peer, forwarded.iter().copied(), &idp.config().proxies);
    if address == Some(peer.ip()) && !forwarded.is_empty() {
        tracing::warn!(%peer, "a proxy that is not among `proxies` sends X-Forwarded-For: all its users share one limit");
    }
    address
}
