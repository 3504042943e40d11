//! The addresses and node ports that Services are given from.
//!
//! Source: `k8s.io/kubernetes/pkg/registry/core/service/{ipallocator,portallocator}`.

use std::{collections::BTreeSet, net::Ipv4Addr};

use serde_json::{Value, json};

use super::{
    fields::{items, number, text},
    surroundings::Surroundings,
};
use crate::apiserver::status::FieldError;

/// Service addresses come from 10.0.0.0/24; the first one is that of the Service `kubernetes`.
const NETWORK: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);
const SIZE: u32 = 256;
/// Addresses are given out from here, so that the lower ones can be asked for.
const FIRST_DYNAMIC: u32 = 16;
const PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

/// What is left for one Service, after what the others have.
pub(super) struct Pool {
    addresses: BTreeSet<String>,
    ports: BTreeSet<i64>,
}

impl Pool {
    pub(super) fn for_service(service: &Value, around: &dyn Surroundings) -> Self {
        let is_this = |other: &Value| {
            let same = |field: &str| other["metadata"][field] == service["metadata"][field];
            same("name") && same("namespace")
        };
        let mut pool = Self {
            addresses: BTreeSet::new(),
            ports: BTreeSet::new(),
        };
        for other in around.all("", "services").iter().filter(|other| !is_this(other)) {
            let spec = &other["spec"];
            let addresses = items(spec, "clusterIPs").iter().filter_map(Value::as_str);
            pool.addresses.extend(addresses.map(str::to_owned));
            pool.ports.extend(node_ports(spec));
            pool.ports.insert(number(spec, "healthCheckNodePort"));
        }
        pool
    }

    pub(super) fn free_address(&self) -> Ipv4Addr {
        let base = u32::from(NETWORK);
        let dynamic = FIRST_DYNAMIC..SIZE - 1;
        let low = 1..FIRST_DYNAMIC;
        // A test with more Services than the real network holds goes on beyond it.
        let beyond = SIZE..u32::MAX - base;
        dynamic
            .chain(low)
            .chain(beyond)
            .map(|offset| Ipv4Addr::from(base + offset))
            .find(|address| !self.addresses.contains(&address.to_string()))
            .unwrap_or(NETWORK)
    }

    /// Refuses an address that the client asks for, if somebody has it or it lies elsewhere.
    pub(super) fn claim_address(&self, wanted: &str) -> Result<(), FieldError> {
        let Ok(address) = wanted.parse::<Ipv4Addr>() else {
            return Ok(());
        };
        let offset = u32::from(address).wrapping_sub(u32::from(NETWORK));
        let why = if offset == 0 || offset >= SIZE {
            format!("failed to allocate IP {wanted}: the provided network does not match the current range")
        } else if self.addresses.contains(wanted) {
            format!("failed to allocate IP {wanted}: provided IP is already allocated")
        } else {
            return Ok(());
        };
        Err(FieldError::invalid("spec.clusterIPs", &json!([wanted]), why))
    }

    pub(super) fn free_port(&self, spec: &Value) -> i64 {
        let own: BTreeSet<i64> = node_ports(spec).collect();
        let mut free = PORTS.filter(|port| !self.ports.contains(port) && !own.contains(port));
        free.next().unwrap_or(*PORTS.start())
    }

    /// Gives every port of a Service one on the nodes, beside those `known` of it if it is there already; the first that cannot have
    /// what it asks for is refused.
    pub(super) fn give_ports(&self, spec: &mut Value, known: Option<&[i64]>) -> Result<(), FieldError> {
        let gives = text(spec, "type") == "NodePort" || spec["allocateLoadBalancerNodePorts"] != false;
        for index in 0..items(spec, "ports").len() {
            let port = number(&spec["ports"][index], "nodePort");
            if port == 0 {
                if gives {
                    let shared = known.is_none().then(|| twin(spec, index)).flatten();
                    let free = shared.unwrap_or_else(|| self.free_port(spec));
                    spec["ports"][index]["nodePort"] = free.into();
                }
                continue;
            }
            let why = if known.is_some_and(|known| known.contains(&port)) {
                continue;
            } else if !PORTS.contains(&port) {
                "provided port is not in the valid range. The range of valid ports is 30000-32767"
            } else if self.ports.contains(&port) {
                "provided port is already allocated"
            } else {
                continue;
            };
            let field = format!("spec.ports[{index}].nodePort");
            return Err(FieldError::invalid(field, &port.into(), why));
        }
        Ok(())
    }
}

/// The ports of one number share their port on the nodes when a Service is made, those of one protocol too.
fn twin(spec: &Value, index: usize) -> Option<i64> {
    let ports = items(spec, "ports");
    let same = ports.iter().filter(|port| port["port"] == ports[index]["port"]);
    same.map(|port| number(port, "nodePort")).find(|port| *port != 0)
}

/// The ports that a Service has on the nodes.
pub(super) fn node_ports(spec: &Value) -> impl Iterator<Item = i64> {
    let ports = items(spec, "ports").iter();
    ports
        .map(|port| number(port, "nodePort"))
        .filter(|port| *port != 0)
}
