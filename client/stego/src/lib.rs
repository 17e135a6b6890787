//! Hiding bytes in pictures, and finding them again.
