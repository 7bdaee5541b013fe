package AfterRelease;

# A plugin that counts how often a release got as far as to be followed by something.

use Moose;
with 'Dist::Zilla::Role::AfterRelease';

our $CALLS = 0;

sub after_release { $CALLS++; return }

1;
