//! The command `posa`; all of it is in the library, which the Python and Node packages carry too.

use std::process::ExitCode;

fn main() -> ExitCode {
    let launcher = std::env::current_exe().map(|program| vec![program.into()]).unwrap_or_default();
    ExitCode::from(posa_cli::main_with_launcher(std::env::args_os(), &launcher))
}
