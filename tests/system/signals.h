#pragma once

#include <cstdint>
#include <string>

#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::system_test {

/// A valid signal of any kind, some later revisions tombstones: always the same one for a key and a
/// revision, so that what was sent need not be kept. Nothing in it is redacted. A survey's revision
/// 0 may be partial, later ones are finished.
feedback::v1::Signal MakeSignal(const std::string& source, const std::string& external_id,
                                int64_t revision);

/// The conversations that chat messages of MakeSignal belong to are "talk-0" to "talk-59".
inline constexpr int kConversations = 60;

}  // namespace waymark::system_test
