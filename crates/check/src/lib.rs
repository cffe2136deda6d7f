//! Properties that must hold, checked after every event.
