// The one place where Asio and Beast are compiled.
#include "io/net.hpp"
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
