//! The native half of the Swift package Posa: takes plain values, calls the core, and gives plain values back.
//! The Swift module `Posa` is what apps see; nothing here is public to them.

// A function that gives no Result ends the app if it panics: only those have none that cannot fail in any way.

// What uniffi exports is public, and to nobody else.
#![allow(missing_docs, unreachable_pub)]

mod batch;
mod checks;
mod client;
mod events;
mod failure;
mod records;
mod runtime;
mod sale;
mod sales;
mod settings;
mod signer;
mod source;
mod values;
mod wait;

uniffi::setup_scaffolding!();
