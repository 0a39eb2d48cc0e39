//! The command `posa`; all of it is in the library, which the Python and Node packages carry too.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(posa_cli::main_with(std::env::args_os()))
}
