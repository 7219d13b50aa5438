#include "services/cli/simulator.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"

namespace waymark::cli {
namespace {

using feedback::v1::ChatMessage;
using feedback::v1::Interaction;
using feedback::v1::Signal;
using feedback::v1::SocialMention;
using feedback::v1::StaffObservation;

struct Step {
  const char* id;
  const char* channel;
  const char* praise;
  const char* complaint;
};

// The steps of demo/journey.yaml up to activation, which every customer takes in this order.
constexpr Step kOnboarding[] = {
    {"visit-website", "web", "Found what I needed at once.", "I got lost on your website."},
    {"compare-plans", "web", "The plans are easy to compare.",
     "I still do not know which plan fits."},
    {"order", "web", "Ordered in three minutes.", "The order form threw my address away twice."},
    {"confirm-by-phone", "phone", "Friendly and quick call.", "Waited forty minutes on hold."},
    {"book-installation", "phone", "Got the date I wanted.", "No date within three weeks."},
    {"technician-visit", "field", "On time and tidy.", "Nobody came, twice, and nobody called."},
    {"activate-line", "app", "Worked at the first try.",
     "The activation code was refused all day."},
};
constexpr Step kUse = {"use-service", "app", "Fast and steady.", "The line drops every evening."};
constexpr Step kSupport = {"support-chat", "chat", "Solved within minutes.",
                           "I had to explain my problem to three people."};
constexpr Step kInvoice = {"invoice", "email", "The invoice is clear.",
                           "I was charged twice and nobody can tell me why."};
constexpr Step kOffer = {"renewal-offer", "email", "A fair offer, I stay.",
                         "New customers pay half of what you ask of me."};

constexpr const char* kSegments[] = {"home", "family", "student", "small-business"};
constexpr const char* kRegions[] = {"north", "south", "east", "west"};

constexpr double kBaseDropOut = 0.015;
constexpr double kLossyDropOut = 0.30;
constexpr double kAnswerRate = 0.25;
constexpr double kBrokenStepEffect = 1.1;
constexpr double kSegmentEffect = 0.6;
constexpr double kHiddenLeaverShare = 0.02;
constexpr double kLeaverShare = 0.05;

// Uniform and normal numbers that are the same on every platform, unlike those of <random>.
class Dice {
 public:
  explicit Dice(uint64_t seed) : generator_(seed) {}
  double Uniform() { return static_cast<double>(generator_() >> 11) * 0x1.0p-53; }
  bool Chance(double p) { return Uniform() < p; }
  int64_t Below(int64_t n) { return static_cast<int64_t>(Uniform() * static_cast<double>(n)); }
  double Normal() {
    const double radius = std::sqrt(-2 * std::log(1 - Uniform()));
    return radius * std::cos(2 * std::numbers::pi * Uniform());
  }
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    return low + absl::Seconds(absl::ToInt64Seconds(high - low) * Uniform());
  }

 private:
  std::mt19937_64 generator_;
};

// A fixed end of the data: equal options must give equal signals, whatever day it is.
absl::Time EndOfData() { return absl::FromCivil(absl::CivilDay(2026, 6, 30), absl::UTCTimeZone()); }

enum class Fate { kStays, kLeaves, kHiddenLeaver };

/// One customer's walk; every signal is emitted through it.
class Walk {
 public:
  Walk(int64_t number, Dice* dice, const Truths& truths,
       const std::function<absl::Status(const Signal&)>& sink)
      : dice_(*dice),
        truths_(truths),
        sink_(sink),
        customer_(absl::StrFormat("customer-%06d", number)),
        chat_dice_(static_cast<uint64_t>(number)) {
    segment_ = kSegments[dice_.Below(std::size(kSegments))];
    region_ = kRegions[dice_.Below(std::size(kRegions))];
    mood_ = 0.4 * dice_.Normal();
    time_ = EndOfData() - dice_.Between(absl::Hours(24 * 100), absl::Hours(24 * 150));
    const double fate = dice_.Uniform();
    // Hidden leavers are planted; drawn in any case, so that planting changes nothing else.
    fate_ = fate < kHiddenLeaverShare                  ? Fate::kHiddenLeaver
            : fate < kHiddenLeaverShare + kLeaverShare ? Fate::kLeaves
                                                       : Fate::kStays;
  }

  const std::string& customer() const { return customer_; }

  /// True when the customer came through to the end and staff know that they leave.
  absl::StatusOr<bool> Run(bool plant) {
    for (const Step& step : kOnboarding) {
      WM_RETURN_IF_ERROR(Take(step));
      if (dice_.Chance(DropOutAfter(step))) return false;
      time_ += dice_.Between(absl::Minutes(5), absl::Hours(36));
    }
    WM_RETURN_IF_ERROR(UseUntilTheEnd());
    WM_RETURN_IF_ERROR(AnswerRelationshipSurvey());
    WM_RETURN_IF_ERROR(Post());
    const bool hidden = plant && fate_ == Fate::kHiddenLeaver;
    WM_RETURN_IF_ERROR(Observe(hidden));
    return hidden;
  }

 private:
  double DropOutAfter(const Step& step) const {
    return step.id == truths_.lossy_activity ? kLossyDropOut : kBaseDropOut;
  }

  absl::Status UseUntilTheEnd() {
    const absl::Time offer = EndOfData() - dice_.Between(absl::Hours(6), absl::Hours(24 * 6));
    const absl::Time cancel =
        EndOfData() - dice_.Between(absl::Hours(24 * 35), absl::Hours(24 * 60));
    const bool leaves = fate_ == Fate::kLeaves;
    absl::Time next_invoice = time_ + absl::Hours(24 * 30);
    const absl::Time support = time_ + dice_.Between(absl::Hours(24 * 2), absl::Hours(24 * 80));
    bool needs_support = dice_.Chance(0.3);
    while (time_ < (leaves ? cancel : offer)) {
      WM_RETURN_IF_ERROR(Take(kUse));
      time_ += dice_.Between(absl::Hours(24 * 2), absl::Hours(24 * 5));
      if (needs_support && time_ > support) {
        WM_RETURN_IF_ERROR(Chat());
        needs_support = false;
      }
      if (time_ > next_invoice) {
        WM_RETURN_IF_ERROR(Take(kInvoice));
        time_ += absl::Hours(2);
        next_invoice += absl::Hours(24 * 30);
      }
    }
    if (leaves) return Interact("cancel", "phone", Interaction::OUTCOME_CANCELLED);
    return Take(kOffer);
  }

  absl::Status Take(const Step& step) {
    WM_RETURN_IF_ERROR(Interact(step.id, step.channel, Interaction::OUTCOME_UNSPECIFIED));
    // The routine steps come often: they are asked about less, so that each step has its share.
    const bool routine = step.id == kUse.id;
    return dice_.Chance(routine ? kAnswerRate / 20 : kAnswerRate) ? Rate(step) : absl::OkStatus();
  }

  absl::Status Interact(const char* activity, const char* channel, Interaction::Outcome outcome) {
    Signal signal = New("app-events", time_);
    Interaction& interaction = *signal.mutable_interaction();
    interaction.set_activity(activity);
    interaction.set_channel(channel);
    interaction.set_outcome(outcome);
    interaction.set_session(absl::StrCat(customer_, "-", absl::ToUnixSeconds(time_) / 86400));
    return sink_(signal);
  }

  int Satisfaction(const Step& step, Dice* dice) const {
    const double mean =
        4.0 + mood_ + Segment() - (step.id == truths_.broken_step ? kBrokenStepEffect : 0);
    return static_cast<int>(std::clamp(std::round(mean + 0.8 * dice->Normal()), 1.0, 5.0));
  }

  double Segment() const {
    return (truths_.segment_key == "segment" && truths_.segment_value == segment_) ||
                   (truths_.segment_key == "region" && truths_.segment_value == region_)
               ? -kSegmentEffect
               : 0.0;
  }

  absl::Status Rate(const Step& step) {
    Signal signal = New("step-survey", time_ + absl::Hours(1));
    const int rating = Satisfaction(step, &dice_);
    auto& answer = *signal.mutable_survey_response()->add_answers();
    answer.set_question(absl::StrCat("csat-", step.id));
    answer.set_type(feedback::v1::QUESTION_TYPE_CSAT);
    answer.set_number(rating);
    if (rating != 3 && dice_.Chance(0.4)) {
      auto& comment = *signal.mutable_survey_response()->add_answers();
      comment.set_question(absl::StrCat("why-", step.id));
      comment.set_question_text("Why did you give this rating?");
      comment.set_type(feedback::v1::QUESTION_TYPE_TEXT);
      comment.set_text(absl::StrCat(
          rating > 3 ? step.praise : step.complaint,
          // Customers do write such things: they must not be stored.
          dice_.Chance(0.05) ? absl::StrCat(" Write to ", customer_, "@mail.example.") : ""));
    }
    return sink_(signal);
  }

  absl::Status Chat() {
    WM_RETURN_IF_ERROR(Take(kSupport));
    const std::string conversation = absl::StrCat(customer_, "-", ++conversations_);
    const std::pair<ChatMessage::Author, const char*> lines[] = {
        {ChatMessage::AUTHOR_CUSTOMER, "Hello, my line is down since this morning."},
        {ChatMessage::AUTHOR_BOT, "Welcome to Lumora! Have you tried to restart your router?"},
        {ChatMessage::AUTHOR_CUSTOMER, "Yes, twice. I need a person, please."},
        {ChatMessage::AUTHOR_AGENT, "I have reset your port, is it up again?"},
        {ChatMessage::AUTHOR_CUSTOMER, "It is. Thank you."}};
    for (const auto& [author, text] : lines) {
      Signal signal = NewMessage(conversation, author);
      signal.mutable_chat_message()->set_text(text);
      WM_RETURN_IF_ERROR(sink_(signal));
    }
    Signal resolved = NewMessage(conversation, ChatMessage::AUTHOR_AGENT);
    resolved.mutable_chat_message()->set_event(ChatMessage::EVENT_RESOLVED);
    WM_RETURN_IF_ERROR(sink_(resolved));
    return RateChat(conversation);
  }

  absl::Status RateChat(const std::string& conversation) {
    if (!chat_dice_.Chance(kAnswerRate)) return absl::OkStatus();
    Signal rated = NewMessage(conversation, ChatMessage::AUTHOR_CUSTOMER);
    rated.mutable_chat_message()->set_event(ChatMessage::EVENT_RATED);
    feedback::v1::Answer& rating = *rated.mutable_chat_message()->mutable_rating();
    rating.set_question("csat-resolution");
    rating.set_question_text("How satisfied are you with how we solved this?");
    rating.set_type(feedback::v1::QUESTION_TYPE_CSAT);
    rating.set_number(Satisfaction(kSupport, &chat_dice_));
    return sink_(rated);
  }

  Signal NewMessage(const std::string& conversation, ChatMessage::Author author) {
    time_ += absl::Minutes(2);
    Signal signal = New("support-inbox", time_);
    ChatMessage& message = *signal.mutable_chat_message();
    message.set_conversation(conversation);
    message.set_author(author);
    if (author == ChatMessage::AUTHOR_AGENT) message.set_agent("agent-1");
    return signal;
  }

  absl::Status AnswerRelationshipSurvey() {
    if (!dice_.Chance(0.5)) return absl::OkStatus();
    Signal signal = New("relationship-survey", time_ + absl::Hours(3));
    auto& answer = *signal.mutable_survey_response()->add_answers();
    answer.set_question("nps");
    answer.set_question_text("How likely are you to recommend Lumora to a friend?");
    answer.set_type(feedback::v1::QUESTION_TYPE_NPS);
    const double mean = 7.9 + 2 * (mood_ + Segment());
    answer.set_number(std::clamp(std::round(mean + 1.6 * dice_.Normal()), 0.0, 10.0));
    return sink_(signal);
  }

  absl::Status Post() {
    if (!dice_.Chance(0.04)) return absl::OkStatus();
    Signal signal = New("social-watch", time_ + absl::Hours(5));
    SocialMention& mention = *signal.mutable_social_mention();
    mention.set_network("mastodon");
    mention.set_text(mood_ > 0 ? "Lumora just works. Recommended."
                               : "Thinking about leaving Lumora.");
    mention.set_reach(10 + dice_.Below(2000));
    return sink_(signal);
  }

  absl::Status Observe(bool hidden_leaver) {
    const bool leaves = hidden_leaver || fate_ == Fate::kLeaves;
    if (!leaves && !dice_.Chance(0.05)) return absl::OkStatus();
    if (fate_ == Fate::kLeaves && !dice_.Chance(0.5)) return absl::OkStatus();
    Signal signal =
        New("account-team", EndOfData() - dice_.Between(absl::Hours(1), absl::Hours(24 * 5)));
    StaffObservation& observation = *signal.mutable_staff_observation();
    observation.set_observer(absl::StrCat("agent-", dice_.Below(12)));
    observation.set_department("renewals");
    observation.set_stance(leaves ? StaffObservation::STANCE_LEAVING
                                  : StaffObservation::STANCE_STAYING);
    observation.set_statement(leaves
                                  ? "Asked for the notice period and has an offer of a competitor."
                                  : "Happy with the service, will renew.");
    observation.set_confidence(0.8);
    return sink_(signal);
  }

  Signal New(const char* source, absl::Time time) {
    Signal signal;
    signal.set_source(source);
    signal.set_external_id(absl::StrCat(customer_, "-", ++signals_));
    signal.set_customer(customer_);
    signal.mutable_event_time()->set_seconds(absl::ToUnixSeconds(time));
    signal.set_sequence(signals_);
    for (const auto& [key, value] :
         {std::pair("segment", segment_), std::pair("region", region_)}) {
      auto& attribute = *signal.add_attributes();
      attribute.set_key(key);
      attribute.set_value(value);
    }
    return signal;
  }

  Dice& dice_;
  const Truths& truths_;
  const std::function<absl::Status(const Signal&)>& sink_;
  const std::string customer_;
  // Of its own, so that a chat's end changes nothing of what comes after it.
  Dice chat_dice_;
  std::string segment_;
  std::string region_;
  double mood_ = 0;
  absl::Time time_;
  Fate fate_ = Fate::kStays;
  int64_t signals_ = 0;
  int64_t conversations_ = 0;
};

Truths Plant(Dice& dice) {
  constexpr const char* kBreakable[] = {"book-installation", "technician-visit", "activate-line",
                                        "support-chat", "invoice"};
  // Steps after which the journey goes on on another channel.
  constexpr const char* kLossy[][3] = {{"order", "web", "phone"},
                                       {"book-installation", "phone", "field"},
                                       {"technician-visit", "field", "app"}};
  Truths truths;
  truths.broken_step = kBreakable[dice.Below(std::size(kBreakable))];
  const auto& lossy = kLossy[dice.Below(std::size(kLossy))];
  truths.lossy_activity = lossy[0];
  truths.lossy_from_channel = lossy[1];
  truths.lossy_to_channel = lossy[2];
  const bool by_segment = dice.Chance(0.5);
  truths.segment_key = by_segment ? "segment" : "region";
  truths.segment_value = by_segment ? kSegments[dice.Below(std::size(kSegments))]
                                    : kRegions[dice.Below(std::size(kRegions))];
  return truths;
}

}  // namespace

absl::Status Simulate(const SimulatorOptions& options,
                      const std::function<absl::Status(const feedback::v1::Signal&)>& sink,
                      Truths* truths) {
  Dice dice(options.seed);
  const Truths planted = Plant(dice);
  *truths = options.plant ? planted : Truths();
  for (int64_t i = 1; i <= options.customers; ++i) {
    Walk walk(i, &dice, *truths, sink);
    WM_ASSIGN_OR_RETURN(const bool hidden_leaver, walk.Run(options.plant));
    if (hidden_leaver) truths->hidden_leavers.push_back(walk.customer());
  }
  return absl::OkStatus();
}

std::string TruthsToJson(const SimulatorOptions& options, const Truths& truths) {
  const auto quoted = [](std::string* out, const std::string& text) { *out += JsonQuote(text); };
  return absl::StrCat("{\n  \"seed\": ", options.seed, ",\n  \"customers\": ", options.customers,
                      ",\n  \"brokenStep\": ", JsonQuote(truths.broken_step),
                      ",\n  \"lossyHandoff\": {\"activity\": ", JsonQuote(truths.lossy_activity),
                      ", \"fromChannel\": ", JsonQuote(truths.lossy_from_channel),
                      ", \"toChannel\": ", JsonQuote(truths.lossy_to_channel),
                      "},\n  \"sufferingSegment\": {\"key\": ", JsonQuote(truths.segment_key),
                      ", \"value\": ", JsonQuote(truths.segment_value),
                      "},\n  \"hiddenLeavers\": [",
                      absl::StrJoin(truths.hidden_leavers, ", ", quoted), "]\n}\n");
}

}  // namespace waymark::cli
