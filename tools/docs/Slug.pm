# SPDX-License-Identifier: GPL-2.0-only
# The anchor of a heading, as GitHub names it.
package Slug;

use strict;
use warnings;

# A page's headings need an object of their own: the second of one name gets a number.
sub new { bless {}, shift }

sub of {
	my ($self, $heading) = @_;
	my $slug = lc $heading =~ s/\[([^\]]*)\]\([^)]*\)/$1/gr;
	$slug =~ s/[^\p{L}\p{N}_ -]//g;
	$slug =~ s/ /-/g;
	my $before = $self->{$slug}++;
	return $before ? "$slug-$before" : $slug;
}

1;
