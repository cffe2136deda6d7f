//! Faces of the messages that carry entries, and of clients' messages.

use kernel::MessageFace;

use crate::message::Message;

/// Completes the face of a push, transfer, snapshot or client message.
pub(crate) fn face(_message: &Message, face: &mut MessageFace, answer: impl Fn(&mut MessageFace)) {
    answer(face);
}
