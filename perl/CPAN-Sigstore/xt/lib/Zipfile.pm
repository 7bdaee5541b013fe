package Zipfile;
use strict;
use warnings;

use Compress::Zlib       qw(crc32);
use Compress::Raw::Zlib  qw(MAX_WBITS Z_OK);
use Exporter             qw(import);

our @EXPORT_OK = qw(zip);

# A zip archive of members, each a name and fields. `%whole` changes the archive itself.
sub zip {
    my ($whole, @members) = @_;
    my $bytes = $whole->{before} // q();
    my @directory;
    for my $member (@members) {
        my ($name, %field) = @$member;
        my ($local, $central) = _member($name, length $bytes, %field);
        $bytes .= $local;
        push @directory, $central;
    }
    pop @directory if $whole->{hidden};
    @directory = reverse @directory if $whole->{reverse};
    $bytes .= $whole->{between} // q();
    my $directory = join q(), @directory;
    my $comment   = $whole->{comment} // q();
    my $count     = $whole->{count}   // @directory;
    my $end       = pack 'a4vvvvVVv', "PK\x05\x06", $whole->{disk} // 0, 0, $count, $count, length($directory) + ($whole->{size} // 0), length($bytes) + ($whole->{start} // 0), length $comment;
    return $bytes . $directory . ($whole->{behind} // q()) . $end . $comment . ($whole->{after} // q());
}

# The part beside the content, and the entry of the directory.
sub _member {
    my ($name, $offset, %field) = @_;
    my $content = $field{content} // q();
    my %fact    = (
        name => $name, version => 20, flags => 0, method => 8, time => 0x21_0000, crc => crc32($content), size => length $content, extra => q(), descriptor => 'right', system => 3,
        mode => oct 100644, disk => 0, internal => 0, %field,
    );
    my $packed = ($fact{method} ? _deflate($content) : $content) . ($field{trailing} // q());
    $fact{packed} = length $packed;
    my %beside = (%fact, $field{blank} ? (crc => 0, size => 0, packed => 0) : (), %{ $field{local} || {} });
    my $head   = sub { my ($it) = @_; return pack 'vvvVVVVvv', @{$it}{qw(version flags method time crc packed size)}, length $it->{name}, length $it->{extra} };
    my $local  = "PK\x03\x04" . $head->(\%beside) . $beside{name} . $beside{extra} . $packed;
    if ($fact{flags} & 8) {
        $local .= { short => q(), magic => "PK\x07\x09" }->{ $fact{descriptor} } // "PK\x07\x08";
        $local .= pack 'VVV', $fact{crc} ^ ($fact{descriptor} eq 'other' ? 1 : 0), @fact{qw(packed size)};
    }
    my $attributes = $fact{attributes} // $fact{mode} << 16;
    my $central    = "PK\x01\x02" . pack('CC', 20, $fact{system}) . $head->(\%fact)
        . pack('vvvVV', 0, $fact{disk}, $fact{internal}, $attributes, $offset + ($field{offset} // 0)) . $name . $fact{extra};
    return ($local, $central);
}

sub _deflate {
    my ($content) = @_;
    my ($stream, $status) = Compress::Raw::Zlib::Deflate->new(-WindowBits => -MAX_WBITS(), -AppendOutput => 1);
    my $packed = q();
    ($status == Z_OK && $stream->deflate($content, $packed) == Z_OK && $stream->flush($packed) == Z_OK) or die "cannot compress\n";
    return $packed;
}

1;
