#include "libs/stats/distributions.h"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace waymark::stats {
namespace {

namespace policies = boost::math::policies;

// Nothing here may throw: errors come back as NaN or infinity.
using Quiet = policies::policy<
    policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
    policies::overflow_error<policies::ignore_error>,
    policies::underflow_error<policies::ignore_error>,
    policies::evaluation_error<policies::ignore_error>, policies::promote_double<false>>;
using Normal = boost::math::normal_distribution<double, Quiet>;
using StudentT = boost::math::students_t_distribution<double, Quiet>;

}  // namespace

double NormalCdf(double x) { return cdf(Normal(), x); }
double NormalUpperTail(double x) { return cdf(complement(Normal(), x)); }
double NormalQuantile(double p) { return quantile(Normal(), p); }

double StudentTCdf(double x, double df) { return cdf(StudentT(df), x); }
double StudentTUpperTail(double x, double df) { return cdf(complement(StudentT(df), x)); }
double StudentTQuantile(double p, double df) { return quantile(StudentT(df), p); }

double NormalCritical(double confidence) {
  return quantile(complement(Normal(), (1 - confidence) / 2));
}

double StudentTCritical(double confidence, double df) {
  return quantile(complement(StudentT(df), (1 - confidence) / 2));
}

}  // namespace waymark::stats
