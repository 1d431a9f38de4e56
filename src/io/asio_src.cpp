// The one place where Asio and Beast are compiled.
#include "io/net.hpp"
#if defined(__GNUC__) && !defined(__clang__)
// With sanitizers g++ 12 takes Beast's empty boost::optional for uninitialized.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
