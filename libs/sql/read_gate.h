#pragma once

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace waymark::sql {

/// Admits any number of readers of a SQLite file, or one checkpoint. A checkpoint that a reader's
/// snapshot stops halfway counts what it copied as copied although nothing has synced it; if the
/// sync of the next one fails, the kernel may drop those pages and SQLite never copies them again.
/// So none is begun while someone reads. Thread-safe; the one who leaves may be another thread than
/// the one who entered.
class ReadGate {
 public:
  void Enter();
  void Leave();

  /// Keeps readers out and waits for those inside. False, with readers let in again, when they were
  /// not gone before `timeout` was over.
  bool Close(absl::Duration timeout);
  void Open();

 private:
  bool empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return readers_ == 0; }

  absl::Mutex mutex_;
  int readers_ ABSL_GUARDED_BY(mutex_) = 0;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
};

/// A reader inside, for as long as the object lives; none when `gate` is null.
class ReadTurn {
 public:
  explicit ReadTurn(ReadGate* gate) : gate_(gate) {
    if (gate_ != nullptr) gate_->Enter();
  }
  ~ReadTurn() {
    if (gate_ != nullptr) gate_->Leave();
  }
  ReadTurn(const ReadTurn&) = delete;
  ReadTurn& operator=(const ReadTurn&) = delete;

 private:
  ReadGate* const gate_;
};

}  // namespace waymark::sql
