// The one translation unit that holds the compiled part of Boost.Asio's TLS (see options.cmake).
#include <boost/asio/ssl/impl/src.hpp>
