//! Sets the linker up for a module that Node loads.

fn main() {
    napi_build::setup();
}
