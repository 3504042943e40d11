//! The embedded API server.
//!
//! Requests come in through a [client](ApiServer::client) without a socket, a [listener](ApiServer::listen) or the
//! synchronous [`Loopback`], and all take the same way: `service` finds out who asks for what, `verbs` does it, `store`
//! keeps it. Nothing below `service` knows of HTTP, time or tasks.

pub mod patch;
pub mod request;
pub mod status;
pub mod store;
pub mod types;
pub mod view;

mod access;
mod admission;
mod audit;
mod bootstrap;
mod call;
mod client;
mod conversion;
mod core;
mod dice;
mod encode;
mod lean;
mod lifecycle;
mod listener;
mod loopback;
mod memo;
mod meta;
mod numbers;
mod parameters;
mod policies;
mod protobuf;
mod response;
mod route;
mod selector;
mod server;
mod service;
mod show;
mod state;
mod twin;
mod verbs;
mod watch;
mod webhook;
mod wording;

pub use access::TokenFileError;
pub use audit::AuditEntry;
pub use client::{Client, Identity, ResponseBody};
pub use listener::Listener;
pub use loopback::{Change, Loopback};
pub use server::{ApiServer, ApiServerBuilder};
pub use webhook::WebhookAddress;
