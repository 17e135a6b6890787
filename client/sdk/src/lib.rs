//! The client without a face.
