//! The built program, and the shape of the repository.
