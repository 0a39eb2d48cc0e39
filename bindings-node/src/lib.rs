//! The native module of the npm package `posa`: values of JavaScript in, calls of the core, values of JavaScript out.
//!
//! It is private to the package; what users see is the TypeScript in `lib/`. Nothing here throws: an operation ends in
//! a message to its environment's mailbox, and an error travels as data, from which TypeScript makes its classes.

// In a test build napi's macros register nothing.
#![cfg_attr(test, allow(dead_code))]

mod batch;
mod client;
mod command;
mod convert;
mod error;
mod hearing;
mod journal;
mod mailbox;
mod message;
mod options;
mod runtime;
mod sandbox;
mod seams;
mod signing;
