//! Identity, devices, passwords, sealed blobs.
