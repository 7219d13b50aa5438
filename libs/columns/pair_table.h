#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace waymark::columns {

/// A cell for each pair (row < rows, column < columns), zero at first: a dense matrix while that
/// stays small enough for the processor's cache, else a hash table. Not thread-safe.
template <typename Cell>
class PairTable {
 public:
  PairTable(size_t rows, size_t columns) : columns_(columns) {
    if (columns == 0 || rows <= kMaxDense / columns) dense_.resize(rows * columns);
  }

  bool dense() const { return !dense_.empty(); }

  Cell& At(size_t row, size_t column) {
    const uint64_t index = row * columns_ + column;
    return dense() ? dense_[index] : sparse_[index];
  }

  /// Calls update(at), where at(row, column) is At without asking each time which kind of table
  /// this is: for inner loops.
  template <typename Update>
  void UpdateWith(Update update) {
    if (dense()) {
      update([cells = dense_.data(), columns = columns_](size_t row, size_t column) -> Cell& {
        return cells[row * columns + column];
      });
    } else {
      update([this](size_t row, size_t column) -> Cell& { return At(row, column); });
    }
  }

  /// Calls visit(row, column, cell) for each cell of a dense table, each touched cell of another.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = 0; i < dense_.size(); ++i) visit(i / columns_, i % columns_, dense_[i]);
    for (const auto& [i, cell] : sparse_) visit(i / columns_, i % columns_, cell);
  }

 private:
  static constexpr size_t kMaxDense = size_t{1} << 18;

  size_t columns_;
  std::vector<Cell> dense_;
  absl::flat_hash_map<uint64_t, Cell> sparse_;
};

/// How often something happened and how long it took in all. The sum is of 128 bits, so it is exact
/// and cannot overflow.
struct Passage {
  int64_t count = 0;
  __int128 micros = 0;

  void Add(int64_t duration_micros) {
    ++count;
    micros += duration_micros;
  }
  double mean_seconds() const {
    return count == 0 ? 0 : static_cast<double>(micros) / 1e6 / static_cast<double>(count);
  }
};

}  // namespace waymark::columns
