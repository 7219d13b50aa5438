#include "services/feedback/free_text.h"

namespace waymark::feedback {

absl::InlinedVector<std::string*, 8> FreeTexts(v1::Signal* signal) {
  switch (signal->kind_case()) {
    case v1::Signal::kSurveyResponse: {
      absl::InlinedVector<std::string*, 8> texts;
      for (auto& answer : *signal->mutable_survey_response()->mutable_answers()) {
        if (answer.has_text()) texts.push_back(answer.mutable_text());
      }
      return texts;
    }
    case v1::Signal::kChatMessage: {
      v1::ChatMessage* chat = signal->mutable_chat_message();
      if (!chat->has_rating() || !chat->rating().has_text()) return {chat->mutable_text()};
      return {chat->mutable_text(), chat->mutable_rating()->mutable_text()};
    }
    case v1::Signal::kSocialMention:
      return {signal->mutable_social_mention()->mutable_text()};
    case v1::Signal::kStaffObservation:
      return {signal->mutable_staff_observation()->mutable_statement()};
    default:
      return {};
  }
}

}  // namespace waymark::feedback
