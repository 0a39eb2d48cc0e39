//! `uniffi-bindgen-swift`, of the uniffi version that the libraries are built with.

fn main() {
    uniffi::uniffi_bindgen_swift();
}
