#pragma once

namespace waymark::stats {

// Probabilities of the standard normal and of Student's t distribution, to about 1e-14 relative. An
// upper tail is not 1 - CDF: it keeps its digits where the CDF is nearly 1. Quantiles take p in
// (0, 1); df > 0 and may be fractional or infinite (then t is normal). Other arguments give NaN.

double NormalCdf(double x);
double NormalUpperTail(double x);
double NormalQuantile(double p);

double StudentTCdf(double x, double df);
double StudentTUpperTail(double x, double df);
double StudentTQuantile(double p, double df);

/// How many standard errors a two-sided interval reaches to either side: 1.959964 at 0.95.
double NormalCritical(double confidence);
double StudentTCritical(double confidence, double df);

}  // namespace waymark::stats
