@NullMarked
package io.veza.edge.accesslog;

import org.jspecify.annotations.NullMarked;
