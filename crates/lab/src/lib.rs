//! Sessions: one run of one engine with its timeline, behind an object-safe face.
