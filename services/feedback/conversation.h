#pragma once

#include "absl/types/span.h"
#include "waymark/feedback/v1/conversation.pb.h"
#include "waymark/feedback/v1/stored_signal.pb.h"

namespace waymark::feedback {

/// The conversation that the live chat messages of one (source, conversation) make, whatever order
/// they are given in: they are put in order of (event time, sequence, position). Pure.
///
/// A message is what has a text or is no event; a rating is none. Bots and internal notes answer
/// nobody. While the customer waits for an agent, further messages of theirs do not add to the
/// time; of a wait that began after a resolution only the part from a reopening on counts, and one
/// that has not ended does not count yet. An event that the source repeats counts as often as it
/// says so. A rating goes to the latest resolution before it, and of several ratings the latest
/// counts; one without a resolution before it is left out.
v1::Conversation MakeConversation(absl::Span<const v1::StoredSignal> messages);

}  // namespace waymark::feedback
