/**
 * The configuration: its keys as users write them, and their translation into what the other packages work with.
 *
 * <p>First in the flow: {@link io.veza.edge.config.EdgeSettings} is made before anything is bound, whole and valid, or not
 * at all, with every problem named.
 */
@NullMarked
package io.veza.edge.config;

import org.jspecify.annotations.NullMarked;
