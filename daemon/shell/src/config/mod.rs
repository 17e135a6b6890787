//! What the admin has decided: one TOML file, every key with a default, every mistake with a finger on it.

mod fault;
mod file;
mod settings;

use std::{
    fs,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

pub use fault::ConfigFault;
pub use file::{File, Level, RegistrationWord};
pub use settings::Settings;

/// The port that was given to nobody else.
pub const PORT: u16 = 7688;
/// Bytes of a configuration file.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Reads and checks a configuration file.
///
/// # Errors
/// [`ConfigFault`] when it cannot be read or says something wrong.
pub fn read(path: &Path) -> Result<Settings, ConfigFault> {
    let size = fs::metadata(path).map_err(|why| ConfigFault::whole(path, why))?.len();
    if size > FILE_BYTES_MAX {
        return Err(ConfigFault::whole(
            path,
            format_args!("{size} bytes are too many: at most {FILE_BYTES_MAX}"),
        ));
    }
    let text = fs::read_to_string(path).map_err(|why| ConfigFault::whole(path, why))?;
    parse(path, &text)
}

/// Checks the text of a configuration file; `path` is for the messages.
///
/// # Errors
/// [`ConfigFault`] points at the first thing that is wrong.
pub fn parse(path: &Path, text: &str) -> Result<Settings, ConfigFault> {
    let file: File =
        toml::from_str(text).map_err(|error| ConfigFault::at(path, text, error.span(), error.message()))?;
    Settings::of(&file).map_err(|(span, message)| ConfigFault::at(path, text, Some(span), message))
}

/// What holds where there is no file.
///
/// # Errors
/// Never in practice: the defaults are checked by a test.
pub fn defaults() -> Result<Settings, ConfigFault> {
    parse(Path::new("(defaults)"), "")
}

/// Every address of the machine.
const fn default_addresses() -> [SocketAddr; 2] {
    [
        SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), PORT),
        SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), PORT),
    ]
}

/// The name of the machine, without its domain.
fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    name.split('.').next().unwrap_or_default().to_owned()
}
