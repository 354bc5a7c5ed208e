//! IP addresses and ranges.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation names the few types that it applies to; all others are refused alike"
)]

use std::net::IpAddr;

use super::{Function, Style, arg, str_of};
use crate::expr::types::Type;
use crate::expr::value::{Data, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "ip",
        style: Style::Global,
        params: &[Type::String],
        returns: Type::Ip,
        doc: "The IP address that a text stands for.",
        run: |args| address(str_of(args, 0)?).map(Data::Ip),
    },
    Function {
        name: "isIP",
        style: Style::Global,
        params: &[Type::String],
        returns: Type::Bool,
        doc: "Whether the text is an IP address.",
        run: |args| Ok(Data::Bool(address(str_of(args, 0)?).is_ok())),
    },
    Function {
        name: "isLoopback",
        style: Style::Receiver,
        params: &[Type::Ip],
        returns: Type::Bool,
        doc: "Whether only the same host, or pod, can reach the address.",
        run: |args| Ok(Data::Bool(ip_of(args, 0)?.is_loopback())),
    },
    Function {
        name: "isUnspecified",
        style: Style::Receiver,
        params: &[Type::Ip],
        returns: Type::Bool,
        doc: "Whether the address stands for all interfaces.",
        run: |args| Ok(Data::Bool(ip_of(args, 0)?.is_unspecified())),
    },
    Function {
        name: "cidr",
        style: Style::Global,
        params: &[Type::String],
        returns: Type::Cidr,
        doc: "The range of IP addresses that a text such as `10.0.0.0/8` stands for.",
        run: |args| {
            let text = str_of(args, 0)?;
            range(text)
                .map(|(base, bits)| Data::Cidr(base, bits))
                .ok_or_else(|| format!("`{text}` is not a range of IP addresses"))
        },
    },
    Function {
        name: "containsIP",
        style: Style::Receiver,
        params: &[Type::Cidr, Type::Ip],
        returns: Type::Bool,
        doc: "Whether the range holds the address.",
        run: |args| match (&arg(args, 0)?.data, ip_of(args, 1)?) {
            (Data::Cidr(base, bits), ip) => Ok(Data::Bool(holds(*base, *bits, ip))),
            _ => Err("a range of IP addresses is needed".to_owned()),
        },
    },
];

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .or(Err(format!("`{text}` is not an IP address")))
}

fn ip_of(args: &[Val<'_>], index: usize) -> Result<IpAddr, String> {
    match &arg(args, index)?.data {
        Data::Ip(ip) => Ok(*ip),
        _ => Err("an IP address is needed".to_owned()),
    }
}

fn range(text: &str) -> Option<(IpAddr, u8)> {
    let (base, bits) = text.split_once('/')?;
    let (base, bits): (IpAddr, u8) = (base.parse().ok()?, bits.parse().ok()?);
    let limit = if base.is_ipv4() { 32 } else { 128 };
    (bits <= limit).then_some((base, bits))
}

fn holds(base: IpAddr, bits: u8, ip: IpAddr) -> bool {
    match (base, ip) {
        (IpAddr::V4(base), IpAddr::V4(ip)) => {
            same_prefix(base.to_bits().into(), ip.to_bits().into(), 32, bits)
        }
        (IpAddr::V6(base), IpAddr::V6(ip)) => same_prefix(base.to_bits(), ip.to_bits(), 128, bits),
        _ => false,
    }
}

fn same_prefix(a: u128, b: u128, width: u32, bits: u8) -> bool {
    (a ^ b).checked_shr(width - u32::from(bits)).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_addresses() {
        let inside = |range_text: &str, ip: &str| {
            let (base, bits) = range(range_text).unwrap();
            holds(base, bits, ip.parse().unwrap())
        };
        assert!(inside("10.0.0.0/8", "10.200.1.1"));
        assert!(!inside("10.0.0.0/8", "11.0.0.1"));
        assert!(inside("0.0.0.0/0", "1.2.3.4"));
        assert!(inside("fd00::/8", "fd12::1"));
        assert!(!inside("10.0.0.0/8", "fd12::1"));
    }
}
