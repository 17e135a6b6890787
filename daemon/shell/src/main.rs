//! The binary `sottod`.

fn main() -> std::process::ExitCode {
    daemon_shell::main()
}
