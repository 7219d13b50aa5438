#include "services/feedback/random_signals.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/text/words.h"
#include "services/feedback/free_text.h"

namespace waymark::feedback {
namespace {

using Holds = std::function<bool(const v1::Signal&)>;

int Pick(int n, std::mt19937& random) { return std::uniform_int_distribution<>(0, n - 1)(random); }

template <typename T>
const T& PickOf(const std::vector<T>& from, std::mt19937& random) {
  return from[Pick(static_cast<int>(from.size()), random)];
}

// What a text is made of: accents, cases, scripts, punctuation and words that look like numbers.
const std::vector<std::string>& Vocabulary() {
  static const auto& words = *new std::vector<std::string>{
      "slow",  "Slow,", "wi-fi",    "WIFI", "café",     "CAFE",   "naïve",     "Straße", "strasse",
      "1e5",   "1E5",   "12e",      "3x",   "0x1f",     "007",    "7",         "1.5e-3", "10e10e10",
      "服务",  "很差",  "かな",     "ΣΊΣΥ", "σίσυ",     "привет", "ПРИВЕТ",    "हिन्दी",  "नमस्ते",
      "the",   "and",   "not",      "OR",   "near",     "a",      "ab",        "abc",    "abcd",
      "don't", "--",    "(x)",      "a_b",  "\"q\"",    "😀",      "ﬁne",       "Ⅷ",      "x²",
      "🄰",     "ᏣᎳᎩ",   "𞤀𞤣", "ﷺ",    "İstanbul", "ǅ",      "e\u0301te", "\u00a0", "k:v*"};
  return words;
}

std::string RandomText(std::mt19937& random) {
  std::string text;
  for (int i = Pick(6, random); i > 0; --i) {
    absl::StrAppend(&text, text.empty() ? "" : " ", PickOf(Vocabulary(), random));
  }
  return text;
}

// Seconds: few, so that many are equal, some before 1970 and some far away.
int64_t RandomSecond(std::mt19937& random) {
  static const auto& seconds = *new std::vector<int64_t>{
      1'700'000'000, 1'700'000'001,   1'700'000'002,  1'700'086'400, 0, -1,
      -86'400,       -62'135'596'800, 253'402'300'799};
  return PickOf(seconds, random);
}

void FillSurvey(v1::SurveyResponse* survey, std::mt19937& random) {
  survey->set_completion(static_cast<v1::SurveyResponse::Completion>(Pick(3, random)));
  v1::Answer* nps = survey->add_answers();
  nps->set_question("nps");
  nps->set_type(v1::QUESTION_TYPE_NPS);
  if (Pick(4, random) != 0) nps->set_number(Pick(11, random));
  if (Pick(2, random) == 0) return;
  v1::Answer* why = survey->add_answers();
  why->set_question("why");
  why->set_text(RandomText(random));
}

void FillKind(v1::Signal* signal, std::mt19937& random) {
  switch (Pick(5, random)) {
    case 0:
      signal->set_source("survey");
      return FillSurvey(signal->mutable_survey_response(), random);
    case 1: {
      signal->set_source("chat");
      v1::ChatMessage* chat = signal->mutable_chat_message();
      chat->set_conversation(absl::StrCat("conversation", Pick(3, random)));
      chat->set_author(static_cast<v1::ChatMessage::Author>(1 + Pick(4, random)));
      chat->set_text(RandomText(random));
      return;
    }
    case 2: {
      signal->set_source("social");
      v1::SocialMention* social = signal->mutable_social_mention();
      social->set_network("mastodon");
      social->set_reach(int64_t{100} * Pick(3, random));
      social->set_text(RandomText(random));
      return;
    }
    case 3: {
      signal->set_source("web");
      v1::Interaction* interaction = signal->mutable_interaction();
      interaction->set_activity(Pick(2, random) == 0 ? "visit" : "checkout started");
      interaction->set_outcome(static_cast<v1::Interaction::Outcome>(Pick(3, random)));
      return;
    }
    default: {
      signal->set_source("sales");
      v1::StaffObservation* staff = signal->mutable_staff_observation();
      staff->set_observer("eve");
      staff->set_stance(static_cast<v1::StaffObservation::Stance>(Pick(5, random)));
      staff->set_confidence(Pick(3, random) * 0.5);
      staff->set_statement(RandomText(random));
    }
  }
}

const std::string* AttributeOf(const v1::Signal& signal, const std::string& key) {
  for (const auto& attribute : signal.attributes()) {
    if (attribute.key() == key) return &attribute.value();
  }
  return nullptr;
}

int64_t Micros(const v1::Signal& signal) {
  return signal.event_time().seconds() * 1'000'000 + signal.event_time().nanos() / 1000;
}

RandomFilter OfText(const std::string& field, const std::string& value,
                    const std::function<std::string(const v1::Signal&)>& of, std::mt19937& random) {
  const bool negated = Pick(4, random) == 0;
  return {absl::StrCat(field, negated ? " != \"" : " = \"", value, "\""),
          [=](const v1::Signal& signal) {
            const std::string has = of(signal);
            return (!has.empty() && has == value) != negated;
          }};
}

RandomFilter OfTime(std::mt19937& random) {
  static const auto& times = *new std::vector<std::pair<std::string, int64_t>>{
      {"0001-01-01T00:00:00Z", -62'135'596'800'000'000},
      {"1969-12-31T23:59:59Z", -1'000'000},
      {"1970-01-01T00:00:00Z", 0},
      {"2023-11-14T22:13:21Z", 1'700'000'001'000'000},
      {"2023-11-14T22:13:20.5Z", 1'700'000'000'500'000},
      {"9999-12-31T23:59:59Z", 253'402'300'799'000'000}};
  static const auto& operators = *new std::vector<std::string>{"<", "<=", ">", ">=", "=", "!="};
  const auto& [text, micros] = PickOf(times, random);
  const std::string& op = PickOf(operators, random);
  return {absl::StrCat("event_time ", op, " \"", text, "\""),
          [op = op, micros = micros](const v1::Signal& signal) {
            const int64_t has = Micros(signal);
            if (op == "=") return has == micros;
            if (op == "!=") return has != micros;
            if (op == "<") return has < micros;
            if (op == "<=") return has <= micros;
            return op == ">" ? has > micros : has >= micros;
          }};
}

RandomFilter OfAnswer(std::mt19937& random) {
  const int least = Pick(11, random);
  return {absl::StrCat("answers.nps >= ", least), [least](const v1::Signal& signal) {
            for (const v1::Answer& answer : signal.survey_response().answers()) {
              if (answer.question() == "nps")
                return answer.has_number() && answer.number() >= least;
            }
            return false;
          }};
}

RandomFilter OfKind(std::mt19937& random) {
  static const auto& kinds = *new std::vector<std::pair<std::string, v1::Signal::KindCase>>{
      {"SURVEY", v1::Signal::kSurveyResponse},
      {"CHAT", v1::Signal::kChatMessage},
      {"SOCIAL", v1::Signal::kSocialMention},
      {"BEHAVIOUR", v1::Signal::kInteraction},
      {"STAFF", v1::Signal::kStaffObservation}};
  const auto& one = PickOf(kinds, random);
  const auto& two = PickOf(kinds, random);
  if (Pick(2, random) == 0) {
    return {absl::StrCat("kind = ", one.first),
            [one](const v1::Signal& signal) { return signal.kind_case() == one.second; }};
  }
  return {absl::StrCat("kind = (", one.first, " OR ", two.first, ")"),
          [one, two](const v1::Signal& signal) {
            return signal.kind_case() == one.second || signal.kind_case() == two.second;
          }};
}

RandomFilter OneComparison(std::mt19937& random) {
  switch (Pick(12, random)) {
    case 0:
    case 1:
      return OfText(
          "customer", absl::StrCat("customer", Pick(4, random)),
          [](const v1::Signal& signal) { return signal.customer(); }, random);
    case 2:
      return OfText(
          "account", "acme", [](const v1::Signal& signal) { return signal.account(); }, random);
    case 3:
      return OfText(
          "source", Pick(2, random) == 0 ? "web" : "survey",
          [](const v1::Signal& signal) { return signal.source(); }, random);
    case 4:
      return {"customer:*", [](const v1::Signal& signal) { return !signal.customer().empty(); }};
    case 5:
      return {"customer = \"*er1\"",
              [](const v1::Signal& signal) { return absl::EndsWith(signal.customer(), "er1"); }};
    case 6:
      return {"attributes.segment = \"smb\"", [](const v1::Signal& signal) {
                const std::string* value = AttributeOf(signal, "segment");
                return value != nullptr && *value == "smb";
              }};
    case 7:
      return OfAnswer(random);
    case 8:
      return OfText(
          "activity", "checkout started",
          [](const v1::Signal& signal) { return signal.interaction().activity(); }, random);
    case 9:
      return {"reach > 99",
              [](const v1::Signal& signal) { return signal.social_mention().reach() > 99; }};
    case 10:
      return OfKind(random);
    default:
      return OfTime(random);
  }
}

std::vector<std::string> WordsOf(const v1::Signal& signal) {
  v1::Signal copy = signal;
  std::string words;
  for (const std::string* text : FreeTexts(&copy)) text::AppendWords(*text, &words);
  return absl::StrSplit(words, ' ', absl::SkipEmpty());
}

struct Term {
  std::string text;
  std::vector<std::string> words;
  bool prefix = false;

  bool In(const std::vector<std::string>& has) const {
    for (size_t at = 0; at + words.size() <= has.size(); ++at) {
      bool found = true;
      for (size_t i = 0; i < words.size(); ++i) {
        const bool begins = prefix && i + 1 == words.size();
        found &= begins ? absl::StartsWith(has[at + i], words[i]) : has[at + i] == words[i];
      }
      if (found) return true;
    }
    return false;
  }
};

// A word as it stands in texts, or two next to each other, or how one begins.
Term RandomTerm(std::mt19937& random) {
  for (;;) {
    Term term;
    std::string raw = PickOf(Vocabulary(), random);
    const bool quoted = Pick(3, random) == 0;
    if (quoted) absl::StrAppend(&raw, " ", PickOf(Vocabulary(), random));
    if (absl::StrContains(raw, '"') || absl::StrContains(raw, '*') || raw == "OR" ||
        absl::StartsWith(raw, "-")) {
      continue;
    }
    std::string folded;
    text::AppendWords(raw, &folded);
    term.words = absl::StrSplit(folded, ' ', absl::SkipEmpty());
    if (term.words.empty()) continue;
    term.prefix = Pick(4, random) == 0;
    term.text = absl::StrCat(quoted ? "\"" : "", raw, quoted ? "\"" : "", term.prefix ? "*" : "");
    return term;
  }
}

}  // namespace

v1::Signal RandomSignal(const std::string& external_id, std::mt19937& random) {
  v1::Signal signal;
  FillKind(&signal, random);
  signal.set_external_id(external_id);
  if (Pick(5, random) != 0) signal.set_customer(absl::StrCat("customer", Pick(4, random)));
  if (Pick(3, random) == 0) signal.set_account("acme");
  signal.mutable_event_time()->set_seconds(RandomSecond(random));
  if (Pick(3, random) == 0) signal.mutable_event_time()->set_nanos(Pick(3, random) * 250'000'000);
  signal.set_sequence(Pick(4, random) - 1);
  if (Pick(2, random) == 0) {
    auto* attribute = signal.add_attributes();
    attribute->set_key("segment");
    attribute->set_value(Pick(2, random) == 0 ? "smb" : "enterprise");
  }
  return signal;
}

RandomFilter MakeRandomFilter(int depth, std::mt19937& random) {
  const int form = depth == 0 ? 0 : Pick(5, random);
  if (form <= 1) return OneComparison(random);
  const RandomFilter one = MakeRandomFilter(depth - 1, random);
  if (form == 2) {
    return {absl::StrCat("NOT (", one.text, ")"),
            [holds = one.holds](const v1::Signal& signal) { return !holds(signal); }};
  }
  const RandomFilter two = MakeRandomFilter(depth - 1, random);
  const bool all = form == 3;
  return {absl::StrCat("(", one.text, all ? " AND " : " OR ", two.text, ")"),
          [all, one = one.holds, two = two.holds](const v1::Signal& signal) {
            return all ? one(signal) && two(signal) : one(signal) || two(signal);
          }};
}

RandomFilter MakeRandomSearch(std::mt19937& random) {
  std::vector<std::vector<Term>> wanted(1 + Pick(2, random));
  std::vector<Term> excluded(Pick(2, random));
  std::string text;
  for (std::vector<Term>& any : wanted) {
    for (int i = Pick(3, random); i >= 0; --i) any.push_back(RandomTerm(random));
    for (size_t i = 0; i < any.size(); ++i) {
      absl::StrAppend(&text, i > 0 ? " OR " : text.empty() ? "" : " ", any[i].text);
    }
  }
  for (Term& term : excluded) {
    term = RandomTerm(random);
    absl::StrAppend(&text, " -", term.text);
  }
  return {text, [wanted, excluded](const v1::Signal& signal) {
            const std::vector<std::string> words = WordsOf(signal);
            const auto in = [&](const Term& term) { return term.In(words); };
            return std::all_of(
                       wanted.begin(), wanted.end(),
                       [&](const auto& any) { return std::any_of(any.begin(), any.end(), in); }) &&
                   std::none_of(excluded.begin(), excluded.end(), in);
          }};
}

void SignalModel::Apply(const std::vector<v1::Signal>& batch, const v1::IngestResponse& response) {
  for (size_t i = 0; i < batch.size(); ++i) {
    const auto outcome = response.outcomes(static_cast<int>(i));
    if (outcome != v1::INGEST_OUTCOME_RECORDED && outcome != v1::INGEST_OUTCOME_UPDATED) continue;
    const std::pair<std::string, std::string> key = {batch[i].source(), batch[i].external_id()};
    if (batch[i].deleted()) {
      live_.erase(key);
    } else {
      live_[key] = {batch[i], ++order_};
    }
  }
}

std::vector<v1::Signal> SignalModel::Sorted(bool ascending) const {
  std::vector<const Live*> live;
  for (const auto& [key, one] : live_) live.push_back(&one);
  std::sort(live.begin(), live.end(), [](const Live* a, const Live* b) {
    return std::tuple(Micros(a->signal), a->signal.sequence(), a->order) <
           std::tuple(Micros(b->signal), b->signal.sequence(), b->order);
  });
  if (!ascending) std::reverse(live.begin(), live.end());
  std::vector<v1::Signal> signals;
  for (const Live* one : live) signals.push_back(one->signal);
  return signals;
}

}  // namespace waymark::feedback
